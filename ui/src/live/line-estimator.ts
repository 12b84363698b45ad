import type { Line, RaceInfo, Row } from './model';
import { CarState, LARGE_FIELD_FROM, LineKind } from './model';
import { ABSENT, type Positions } from './positions';

const LAP_PERMYRIAD = 10_000;
/** Assumed for a car without a lap time. */
const LAP_GUESS_MS = 90_000;
/** A car waits just before the finish line until its lap arrives. */
const LAP_END = 0.999;
const GRID_STEP = 0.0016;

/**
 * Estimates positions for races without frames: from its last timing line a car drives on at the pace of its last
 * lap.
 */
export class LineEstimator implements Positions {
  readonly cars: number;
  /** Where each mini-sector ends, as a fraction of the lap; the last one ends the lap. */
  readonly #miniEnds: readonly number[];
  readonly #fractions: Float64Array;
  readonly #crossedUs: Float64Array;
  readonly #lapMs: Float64Array;
  readonly #laps: Int32Array;
  readonly #minis: Int32Array;
  readonly #states: Uint8Array;

  constructor(race: RaceInfo, cars: number) {
    this.cars = cars;
    this.#miniEnds = miniEnds(race.lines);
    this.#fractions = new Float64Array(cars);
    this.#crossedUs = new Float64Array(cars);
    this.#lapMs = new Float64Array(cars).fill(LAP_GUESS_MS);
    this.#laps = new Int32Array(cars).fill(-1);
    this.#minis = new Int32Array(cars);
    this.#states = new Uint8Array(cars).fill(ABSENT);
  }

  /**
   * Starts from a snapshot, which does not say when each car crossed its last line. With a finish line alone the
   * gaps give that time; otherwise each car starts at its last line now.
   */
  start(rows: readonly Row[], order: readonly number[], timeUs: number): void {
    this.#laps.fill(-1);
    for (const row of rows) this.observe(row, timeUs);
    if (this.#miniEnds.length === 1) this.#spreadByGaps(rows, rows[order[0] ?? -1], timeUs);
    order.forEach((car, place) => {
      if (this.#states[car] === CarState.Grid) this.#fractions[car] = 1 - GRID_STEP * (place + 1);
    });
  }

  /** Moves a car to the line that its new row reports. */
  observe(row: Row, timeUs: number): void {
    const car = row.car;
    if (car >= this.cars) return;
    const lapDone = row.laps !== this.#laps[car];
    if (lapDone || row.minis.length !== this.#minis[car] || this.#states[car] === CarState.Grid) {
      const seenBefore = this.#laps[car] !== -1;
      this.#fractions[car] = lapDone && seenBefore ? 0 : this.#lastMiniEnd(row);
      this.#crossedUs[car] = timeUs;
    }
    this.#laps[car] = row.laps;
    this.#minis[car] = row.minis.length;
    if (row.lastMs > 0) this.#lapMs[car] = row.lastMs;
    this.#states[car] = row.state;
  }

  sample(timeUs: number, fractions: Float64Array, states: Uint8Array): void {
    for (let car = 0; car < this.cars; car++) {
      const state = this.#states[car] ?? ABSENT;
      const from = this.#fractions[car] ?? 0;
      const moving = state === CarState.Running || state === CarState.Pit;
      const since = Math.max(0, timeUs - (this.#crossedUs[car] ?? 0)) / 1000;
      const at = moving ? from + since / (this.#lapMs[car] ?? LAP_GUESS_MS) : from;
      fractions[car] = this.cars < LARGE_FIELD_FROM ? Math.min(LAP_END, at) : at % 1; // in a large field not every lap arrives
      states[car] = state > CarState.Pit ? ABSENT : state; // where it stopped is not known
    }
  }

  /**
   * Dates each car's last crossing from its gap: the cars on the lead lap crossed after the leader, the last of them
   * just now.
   */
  #spreadByGaps(rows: readonly Row[], leader: Row | undefined, timeUs: number): void {
    if (!leader || leader.laps === 0) return;
    const onLeadLap = rows.filter((row) => row.laps === leader.laps && row.gapLaps === 0);
    const sinceMs = Math.max(0, ...onLeadLap.map((row) => row.gapMs));
    for (const row of rows) {
      if (row.gapLaps > 0) continue; // a lapped car has no gap in time
      const lapMs = this.#lapMs[row.car] ?? LAP_GUESS_MS;
      const behindMs = row.gapMs - (leader.laps - row.laps) * lapMs;
      this.#crossedUs[row.car] = timeUs - 1000 * (sinceMs - behindMs);
    }
  }

  /** Where the newest mini-sector ends. The marks of a complete lap stay until the first line of the next. */
  #lastMiniEnd(row: Row): number {
    const end = this.#miniEnds[row.minis.length - 1] ?? 0;
    return end >= 1 ? 0 : end;
  }
}

function miniEnds(lines: readonly Line[]): number[] {
  const ends = lines
    .filter((line) => line.kind === LineKind.Sector || line.kind === LineKind.Mini)
    .map((line) => line.permyriad / LAP_PERMYRIAD);
  return [...ends, 1];
}
