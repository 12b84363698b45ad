import { EventKind, Flag, type RaceEvent } from './model';

/** The sectors under yellow, from 1; empty where the flag is for the whole track. */
export function yellowSectors(events: readonly RaceEvent[], flag: Flag): readonly number[] {
  if (flag !== Flag.Yellow) return [];
  const yellow = new Set<number>();
  for (const event of events) {
    if (event.kind !== EventKind.Flag) continue;
    const [, digits] = /^sector (\d+)$/.exec(event.text) ?? [];
    if (digits === undefined) yellow.clear();
    else if (event.value === Flag.Yellow) yellow.add(Number(digits));
    else yellow.delete(Number(digits));
  }
  return [...yellow].sort((a, b) => a - b);
}

/** The retired cars that have been cleared from the track by now. */
export function clearedCars(events: readonly RaceEvent[], nowMs: number, afterMs: number): Set<number> {
  const cleared = new Set<number>();
  for (const event of events) {
    if (event.kind === EventKind.Retired && nowMs - event.timeMs > afterMs) cleared.add(event.car);
  }
  return cleared;
}
