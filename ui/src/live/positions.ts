import type { Frame } from './model';

/** Of a car that is not to be drawn; no state of the wire has this number. */
export const ABSENT = 255;

/** A car that stopped for good is drawn for this long. */
export const STOPPED_SHOWN_US = 30_000_000;

/** Where the cars are at an instant of the race. */
export interface Positions {
  readonly cars: number;
  /**
   * Writes each car's place on the lap (0 to 1) and its state (CarState or ABSENT) at a race time.
   * Both arrays have room for all cars.
   */
  sample(timeUs: number, fractions: Float64Array, states: Uint8Array): void;
}

/** Positions that the server's pictures show. */
export interface Pictures extends Positions {
  /** Whether there was no picture yet. */
  readonly empty: boolean;
  push(frame: Frame): void;
}
