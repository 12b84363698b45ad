import type { Line, RaceInfo, Row } from './model';
import { CarState, LARGE_FROM, LineKind } from './model';
import { ABSENT, type Positions } from './positions';

const LAP_PERMYRIAD = 10_000;
/** Until a car has a lap time of its own. */
const LAP_GUESS_MS = 90_000;
/** A car waits just before the finish line until its lap is told, however late it is. */
const LAP_END = 0.999;
const GRID_STEP = 0.0016;

/**
 * Estimates where the cars are from what is told of them at timing lines, for races that send no frames: from the
 * last line that a car crossed it drives on at the pace of its last lap.
 */
export class LineEstimator implements Positions {
  readonly cars: number;
  /** Where each mini-sector ends, as a part of the lap; the last one ends the lap. */
  readonly #ends: readonly number[];
  readonly #fractions: Float64Array;
  readonly #crossedUs: Float64Array;
  readonly #lapMs: Float64Array;
  readonly #laps: Int32Array;
  readonly #minis: Int32Array;
  readonly #states: Uint8Array;

  constructor(race: RaceInfo, cars: number) {
    this.cars = cars;
    this.#ends = miniEnds(race.lines);
    this.#fractions = new Float64Array(cars);
    this.#crossedUs = new Float64Array(cars);
    this.#lapMs = new Float64Array(cars).fill(LAP_GUESS_MS);
    this.#laps = new Int32Array(cars).fill(-1);
    this.#minis = new Int32Array(cars);
    this.#states = new Uint8Array(cars).fill(ABSENT);
  }

  /**
   * Takes a snapshot. It does not say when each car crossed its last line: in a race that is timed at the finish line
   * alone the gaps tell, else each car starts at its last line now.
   */
  start(rows: readonly Row[], order: readonly number[], timeUs: number): void {
    this.#laps.fill(-1);
    for (const row of rows) this.observe(row, timeUs);
    if (this.#ends.length === 1) this.#spread(rows, rows[order[0] ?? -1], timeUs);
    order.forEach((car, place) => {
      if (this.#states[car] === CarState.Grid) this.#fractions[car] = 1 - GRID_STEP * (place + 1);
    });
  }

  /** Takes a row as it is told. */
  observe(row: Row, timeUs: number): void {
    const car = row.car;
    if (car >= this.cars) return;
    const lapDone = row.laps !== this.#laps[car];
    if (lapDone || row.minis.length !== this.#minis[car] || this.#states[car] === CarState.Grid) {
      const seenBefore = this.#laps[car] !== -1;
      this.#fractions[car] = lapDone && seenBefore ? 0 : this.#reached(row);
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
      const drives = state === CarState.Running || state === CarState.Pit;
      const since = Math.max(0, timeUs - (this.#crossedUs[car] ?? 0)) / 1000;
      const at = drives ? from + since / (this.#lapMs[car] ?? LAP_GUESS_MS) : from;
      fractions[car] = this.cars < LARGE_FROM ? Math.min(LAP_END, at) : at % 1; // not all laps are told of a large field
      states[car] = state > CarState.Pit ? ABSENT : state; // nobody tells where it came to a stop
    }
  }

  /** Whoever has done the leader's laps has crossed since the leader did, the last of them just now. */
  #spread(rows: readonly Row[], leader: Row | undefined, timeUs: number): void {
    if (!leader || leader.laps === 0) return;
    const level = rows.filter((row) => row.laps === leader.laps && row.gapLaps === 0);
    const sinceMs = Math.max(0, ...level.map((row) => row.gapMs));
    for (const row of rows) {
      if (row.gapLaps > 0) continue; // no gap is told of a lapped car
      const lapMs = this.#lapMs[row.car] ?? LAP_GUESS_MS;
      const behindMs = row.gapMs - (leader.laps - row.laps) * lapMs;
      this.#crossedUs[row.car] = timeUs - 1000 * (sinceMs - behindMs);
    }
  }

  /** The end of the newest mini-sector; the marks of a whole lap stay until the next lap's first line. */
  #reached(row: Row): number {
    const end = this.#ends[row.minis.length - 1] ?? 0;
    return end >= 1 ? 0 : end;
  }
}

function miniEnds(lines: readonly Line[]): number[] {
  const ends = lines
    .filter((line) => line.kind === LineKind.Sector || line.kind === LineKind.Mini)
    .map((line) => line.permyriad / LAP_PERMYRIAD);
  return [...ends, 1];
}
