import type { Frame } from './model';
import { CarState } from './model';
import { ABSENT, STOPPED_SHOWN_US, type FrameSource } from './positions';

const SLOTS = 16;
const LAP = 65_536;
/** A forward step above this is read as a small step back: no car drives nearly a lap between two frames. */
const BACKWARD_FROM = LAP - LAP / 16;

/**
 * Keeps the newest frames of all cars in preallocated columns. The live connection writes it, the map reads it; it
 * is never reactive.
 */
export class FrameRing implements FrameSource {
  readonly cars: number;
  readonly #times = new Float64Array(SLOTS).fill(Number.NEGATIVE_INFINITY);
  readonly #fractions: Uint16Array;
  readonly #states: Uint8Array;
  /** When a car was first seen retired; -Infinity: before the first frame here; +Infinity: still in the race. */
  readonly #outSinceUs: Float64Array;
  #newest = -1;
  #count = 0;

  constructor(cars: number) {
    this.cars = cars;
    this.#fractions = new Uint16Array(SLOTS * cars);
    this.#states = new Uint8Array(SLOTS * cars).fill(ABSENT);
    this.#outSinceUs = new Float64Array(cars).fill(Number.POSITIVE_INFINITY);
  }

  get empty(): boolean {
    return this.#count === 0;
  }

  push(frame: Frame): void {
    const newestUs = this.#times[this.#newest] ?? Number.NEGATIVE_INFINITY;
    if (frame.timeUs < newestUs) this.clear();
    if (this.#count === 0 || frame.timeUs > newestUs) this.#advance(frame.timeUs);
    const n = Math.min(frame.lapFraction.length, this.cars);
    this.#fractions.set(frame.lapFraction.subarray(0, n), this.#newest * this.cars);
    this.#states.set(frame.state.subarray(0, n), this.#newest * this.cars);
    const before = this.#count > 1 ? frame.timeUs : Number.NEGATIVE_INFINITY;
    for (let car = 0; car < n; car++) {
      if ((frame.state[car] ?? 0) < CarState.Retired) this.#outSinceUs[car] = Number.POSITIVE_INFINITY;
      else if (this.#outSinceUs[car] === Number.POSITIVE_INFINITY) this.#outSinceUs[car] = before;
    }
  }

  /** Drops all frames, because the race jumped to another time. */
  clear(): void {
    this.#times.fill(Number.NEGATIVE_INFINITY);
    this.#states.fill(ABSENT);
    this.#outSinceUs.fill(Number.POSITIVE_INFINITY);
    this.#newest = -1;
    this.#count = 0;
  }

  /**
   * Interpolates between two frames, always forwards; holds cars still before the oldest and after the newest frame.
   */
  sample(timeUs: number, fractions: Float64Array, states: Uint8Array): void {
    if (this.#count === 0) {
      states.fill(ABSENT);
      return;
    }
    const { from, to, part } = this.#bracket(timeUs);
    for (let car = 0; car < this.cars; car++) {
      const a = this.#fractions[from * this.cars + car] ?? 0;
      let step = ((this.#fractions[to * this.cars + car] ?? 0) - a + LAP) % LAP;
      if (step > BACKWARD_FROM) step -= LAP;
      fractions[car] = ((a + step * part + LAP) % LAP) / LAP;
      const retiredLong = timeUs - (this.#outSinceUs[car] ?? 0) > STOPPED_SHOWN_US;
      states[car] = retiredLong ? ABSENT : (this.#states[from * this.cars + car] ?? ABSENT);
    }
  }

  #advance(timeUs: number): void {
    this.#newest = (this.#newest + 1) % SLOTS;
    if (this.#count < SLOTS) this.#count++;
    this.#times[this.#newest] = timeUs;
  }

  #bracket(timeUs: number): { from: number; to: number; part: number } {
    let to = this.#newest;
    for (let back = 0; back < this.#count; back++) {
      const from = (this.#newest - back + SLOTS) % SLOTS;
      const fromUs = this.#times[from] ?? 0;
      if (fromUs <= timeUs || back === this.#count - 1) {
        const span = (this.#times[to] ?? 0) - fromUs;
        const part = span > 0 ? Math.min(1, Math.max(0, (timeUs - fromUs) / span)) : 0;
        return { from, to, part };
      }
      to = from;
    }
    return { from: to, to, part: 0 };
  }
}
