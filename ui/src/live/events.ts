import type { EventName, RaceEvent } from './model';

/** Orders events by race time, then kind, car and record, as race.CompareEvents does. */
export function compareEvents(a: RaceEvent, b: RaceEvent): number {
  return a.timeMs - b.timeMs || a.kind - b.kind || a.car - b.car || a.of - b.of;
}

/** The event's name as a map key. */
export function eventKey(e: EventName): string {
  return `${e.kind}.${e.of}.${e.car}`;
}

/** Inserts an event in order; it replaces the one with the same name. */
export function withEvent(events: readonly RaceEvent[], event: RaceEvent): readonly RaceEvent[] {
  const others = withoutEvent(events, event);
  const after = others.findLastIndex((e) => compareEvents(e, event) <= 0); // most events are new, so search from the end
  return [...others.slice(0, after + 1), event, ...others.slice(after + 1)];
}

/** Removes the event with this name. */
export function withoutEvent(
  events: readonly RaceEvent[],
  { kind, of, car }: EventName,
): readonly RaceEvent[] {
  const at = events.findLastIndex((e) => e.kind === kind && e.of === of && e.car === car);
  return at < 0 ? events : events.toSpliced(at, 1);
}
