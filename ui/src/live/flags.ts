import { EventKind, Flag, type RaceEvent } from './model';

/** The sectors that a yellow flag waves in, from 1; none where the flag that holds is for the whole track. */
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

/** The cars that stopped so long ago that they have been cleared away. */
export function clearedAway(events: readonly RaceEvent[], nowMs: number, afterMs: number): Set<number> {
  const gone = new Set<number>();
  for (const event of events) {
    if (event.kind === EventKind.Retired && nowMs - event.timeMs > afterMs) gone.add(event.car);
  }
  return gone;
}
