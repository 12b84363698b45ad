/** Of a car that is not to be drawn; no state of the wire has this number. */
export const ABSENT = 255;

/** Where the cars are at an instant of the race. */
export interface Positions {
  readonly cars: number;
  /**
   * Writes each car's place on the lap (0 to 1) and its state (CarState or ABSENT) at a race time.
   * Both arrays have room for all cars.
   */
  sample(timeUs: number, fractions: Float64Array, states: Uint8Array): void;
}
