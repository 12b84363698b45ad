import { EventKind, type Fact } from '../live';

/** The lists of the desk that are read anew. */
export const LISTS = ['passings', 'rulings', 'results'] as const;
export type List = (typeof LISTS)[number];

/** Events that follow from a ruling; the others come of driving. */
const RULED: ReadonlySet<EventKind> = new Set([
  EventKind.Start,
  EventKind.Flag,
  EventKind.Retired,
  EventKind.Penalty,
  EventKind.Chequered,
  EventKind.DidNotStart,
  EventKind.Disqualified,
  EventKind.Result,
]);

/** Which lists are no longer as they were. A snapshot (null) may have changed all. */
export function concerns(facts: readonly Fact[] | null): ReadonlySet<List> {
  const out = new Set<List>(facts === null ? LISTS : []);
  for (const fact of facts ?? []) {
    switch (fact.kind) {
      case 'passing': // it may be a ruling of another desk
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
        if (RULED.has(fact.event.kind)) out.add('rulings');
        break;
      default: // the tower's
        break;
    }
  }
  return out;
}
