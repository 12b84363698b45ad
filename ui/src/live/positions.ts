import type { Frame } from './model';

/** The state of a car that is not drawn; no state on the wire has this number. */
export const ABSENT = 255;

/** A retired car is drawn for this long. */
export const STOPPED_SHOWN_US = 30_000_000;

/** Gives each car's position at a race time. */
export interface Positions {
  readonly cars: number;
  /**
   * Writes each car's fraction of the lap (0 to 1) and its state (CarState or ABSENT) at a race time. Both arrays
   * must hold all cars.
   */
  sample(timeUs: number, fractions: Float64Array, states: Uint8Array): void;
}

/** Positions from the server's frames. */
export interface FrameSource extends Positions {
  /** Whether no frame has arrived yet. */
  readonly empty: boolean;
  push(frame: Frame): void;
}
