import type { EventName, RaceEvent } from './model';

/** The order of events: by race time, and of the same time by kind, car and record, as race.CompareEvents. */
export function compareEvents(a: RaceEvent, b: RaceEvent): number {
  return a.timeMs - b.timeMs || a.kind - b.kind || a.car - b.car || a.of - b.of;
}

/** The name of an event as a key. */
export function nameOf(e: EventName): string {
  return `${e.kind}.${e.of}.${e.car}`;
}

/** The events with one more in its place; it takes the place of the one of the same name. */
export function withEvent(events: readonly RaceEvent[], event: RaceEvent): readonly RaceEvent[] {
  const others = without(events, event);
  const after = others.findLastIndex((e) => compareEvents(e, event) <= 0); // what happens is mostly new
  return [...others.slice(0, after + 1), event, ...others.slice(after + 1)];
}

/** The events without the one of a name. */
export function without(events: readonly RaceEvent[], { kind, of, car }: EventName): readonly RaceEvent[] {
  const at = events.findLastIndex((e) => e.kind === kind && e.of === of && e.car === car);
  return at < 0 ? events : events.toSpliced(at, 1);
}
