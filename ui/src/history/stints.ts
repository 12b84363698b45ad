import type { Lap, PitStop } from '../api';

/** Laps on one set of tyres. */
export interface Stint {
  readonly compound: Lap['compound'];
  readonly from: number;
  readonly to: number;
  /** Laps driven on the set before the stint. */
  readonly age: number;
  /** The stop that ended the stint; null for none so far. */
  readonly stop: PitStop | null;
}

/**
 * A car's stints. A new one begins where the compound changes or the tyre age does not rise. Where the age is
 * unknown (0) it begins at the pit exit.
 */
export function stintsOf(laps: readonly Lap[], stops: readonly PitStop[]): Stint[] {
  const out: Stint[] = [];
  let first: Lap | undefined;
  let before: Lap | undefined;
  const end = (last: Lap): void => {
    if (!first) return;
    const stop = stops.find((s) => s.lap === last.lap_number || s.lap === last.lap_number + 1) ?? null;
    out.push({
      compound: first.compound,
      from: first.lap_number,
      to: last.lap_number,
      age: Math.max(0, first.tyre_age - 1),
      stop,
    });
  };
  for (const lap of laps) {
    if (before && (lap.compound !== before.compound || isNewSet(before, lap))) {
      end(before);
      first = lap;
    }
    first ??= lap;
    before = lap;
  }
  if (before) end(before);
  const last = out.at(-1);
  if (last) out[out.length - 1] = { ...last, stop: null };
  return out;
}

function isNewSet(before: Lap, lap: Lap): boolean {
  const toEntries = before.tyre_age > 0 && lap.tyre_age > 0;
  return toEntries ? lap.tyre_age <= before.tyre_age : lap.is_pit_out_lap;
}

/** "Laps 1 to 18 on medium, then 22.1 s in the pit lane." */
export function stintText(stint: Stint): string {
  const laps = stint.from === stint.to ? `Lap ${stint.from}` : `Laps ${stint.from} to ${stint.to}`;
  const tyre = stint.compound === 'unknown' ? ', tyres unknown' : ` on ${stint.compound}`;
  const used = stint.age > 0 ? `, ${stint.age} laps old` : '';
  if (!stint.stop) return `${laps}${tyre}${used}.`;
  return `${laps}${tyre}${used}, then ${stopText(stint.stop)}.`;
}

/** "22.1 s in the pit lane, 2.4 s stationary". */
export function stopText(stop: PitStop): string {
  const lane =
    stop.pit_lane_ms === null ? 'a stop' : `${(stop.pit_lane_ms / 1000).toFixed(1)} s in the pit lane`;
  return stop.stationary_ms === null
    ? lane
    : `${lane}, ${(stop.stationary_ms / 1000).toFixed(1)} s stationary`;
}
