import { EventKind, type Fact } from '../live';

/** The lists of the desk. */
export const LISTS = ['passings', 'rulings', 'results'] as const;
export type ListName = (typeof LISTS)[number];

/** Events that may follow from a ruling; the others follow from driving. */
const RULING_EVENTS: ReadonlySet<EventKind> = new Set([
  EventKind.Start,
  EventKind.Flag,
  EventKind.Retired,
  EventKind.Penalty,
  EventKind.Chequered,
  EventKind.DidNotStart,
  EventKind.Disqualified,
  EventKind.Result,
]);

/** The lists that the facts may have changed. A snapshot (null) may have changed all. */
export function staleLists(facts: readonly Fact[] | null): ReadonlySet<ListName> {
  const out = new Set<ListName>(facts === null ? LISTS : []);
  for (const fact of facts ?? []) {
    switch (fact.kind) {
      case 'passing': // another desk may have ruled on it
        out.add('passings').add('rulings');
        break;
      case 'refused':
        out.add('rulings');
        break;
      case 'result':
        out.add('results').add('rulings');
        break;
      case 'event':
      case 'withdrawn':
        if (RULING_EVENTS.has(fact.event.kind)) out.add('rulings');
        break;
      default: // shown in the tower only
        break;
    }
  }
  return out;
}
