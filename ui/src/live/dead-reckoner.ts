import type { Frame } from './model';
import { CarState } from './model';
import { ABSENT, STOPPED_SHOWN_US, type FrameSource } from './positions';

const LAP = 65_536;
/** A forward step above this part of a lap is read as a small step back. */
const BACKWARD_FROM = 1 - 1 / 16;
/** A car drawn further than this from its reported position, in laps, jumps there. */
const JUMP_LAPS = 1 / 16;
/** The weight of one car's step in the common pace. */
const PACE_WEIGHT = 1 / 1000;

/**
 * Positions of a large field, where each frame reports some of the cars. Between two reports a car drives on at its
 * last pace, slightly corrected, so that it reaches its reported position without a jump and never moves backwards.
 */
export class DeadReckoner implements FrameSource {
  readonly cars: number;
  readonly #states: Uint8Array;
  readonly #lastFraction: Float64Array;
  readonly #lastUs: Float64Array;
  /** Where each car was at anchorUs, in laps modulo one, and its rate in laps per µs since then. */
  readonly #anchor: Float64Array;
  readonly #anchorUs: Float64Array;
  readonly #rate: Float64Array;
  /** When a car was first seen retired; +Infinity: still in the race. */
  readonly #outSinceUs: Float64Array;
  /**
   * The common pace of the moving cars in laps per µs. It is the first rate of a car, and tells how many whole laps
   * passed between two reports.
   */
  #pace = 0;
  #newestUs = Number.NEGATIVE_INFINITY;
  #sampledUs = Number.NEGATIVE_INFINITY;

  constructor(cars: number) {
    this.cars = cars;
    this.#states = new Uint8Array(cars).fill(ABSENT);
    this.#lastFraction = new Float64Array(cars);
    this.#lastUs = new Float64Array(cars);
    this.#anchor = new Float64Array(cars);
    this.#anchorUs = new Float64Array(cars);
    this.#rate = new Float64Array(cars);
    this.#outSinceUs = new Float64Array(cars);
  }

  get empty(): boolean {
    return this.#newestUs === Number.NEGATIVE_INFINITY;
  }

  push(frame: Frame): void {
    if (frame.timeUs < this.#newestUs) this.#clear();
    this.#newestUs = frame.timeUs;
    for (let i = 0; i < frame.state.length; i++) {
      const car = frame.cars?.[i] ?? frame.first + i;
      if (car >= this.cars) continue;
      const state = frame.state[i] ?? ABSENT;
      const before = this.#states[car] ?? ABSENT;
      this.#update(car, (frame.lapFraction[i] ?? 0) / LAP, state, frame.timeUs);
      if (state < CarState.Retired) this.#outSinceUs[car] = Number.POSITIVE_INFINITY;
      // How long a car that was never seen running has been out is unknown.
      else if (before === ABSENT) this.#outSinceUs[car] = Number.NEGATIVE_INFINITY;
      else if (before < CarState.Retired) this.#outSinceUs[car] = frame.timeUs;
    }
  }

  sample(timeUs: number, fractions: Float64Array, states: Uint8Array): void {
    this.#sampledUs = Math.max(this.#sampledUs, timeUs);
    for (let car = 0; car < this.cars; car++) {
      const at = this.#predict(car, timeUs);
      fractions[car] = at - Math.floor(at);
      const retiredLong = timeUs - (this.#outSinceUs[car] ?? 0) > STOPPED_SHOWN_US;
      states[car] = retiredLong ? ABSENT : (this.#states[car] ?? ABSENT);
    }
  }

  /** Drops all positions, because the race jumped to another time. */
  #clear(): void {
    this.#states.fill(ABSENT);
    this.#pace = 0;
    this.#newestUs = this.#sampledUs = Number.NEGATIVE_INFINITY;
  }

  #predict(car: number, timeUs: number): number {
    const since = Math.max(0, timeUs - (this.#anchorUs[car] ?? 0));
    return (this.#anchor[car] ?? 0) + (this.#rate[car] ?? 0) * since;
  }

  #update(car: number, at: number, state: number, timeUs: number): void {
    const known = this.#states[car] !== ABSENT;
    const moving = state === CarState.Running || state === CarState.Pit;
    const elapsedUs = timeUs - (this.#lastUs[car] ?? 0);
    if (known && elapsedUs <= 0) return; // the car is in two parts of one frame
    const step = known ? this.#lapsDriven(at - (this.#lastFraction[car] ?? 0), elapsedUs) : 0;
    this.#states[car] = state;
    this.#lastFraction[car] = at;
    this.#lastUs[car] = timeUs;
    if (known && state === CarState.Running && step > 0) {
      this.#pace += (step / elapsedUs - this.#pace) * (this.#pace === 0 ? 1 : PACE_WEIGHT);
    }
    const ahead = this.#predict(car, timeUs);
    const error = at - ahead - Math.round(at - ahead);
    if (!known || !moving || step === 0 || Math.abs(error) > Math.max(JUMP_LAPS, step / 2)) {
      this.#anchor[car] = at;
      this.#anchorUs[car] = timeUs;
      this.#rate[car] = moving ? (known ? step / elapsedUs : this.#pace) : 0;
      return;
    }
    // From the drawn position to the position expected at the next report.
    const fromUs = Math.max(this.#anchorUs[car] ?? 0, this.#sampledUs);
    const fromLaps = this.#predict(car, fromUs);
    this.#anchor[car] = fromLaps;
    this.#anchorUs[car] = fromUs;
    this.#rate[car] = Math.max(0, (ahead + error + step - fromLaps) / (timeUs + elapsedUs - fromUs));
  }

  /** How many laps a car drove between two reports that are `advance` apart; 0: it stood still. */
  #lapsDriven(advance: number, elapsedUs: number): number {
    let step = advance - Math.floor(advance);
    if (step > BACKWARD_FROM) step -= 1;
    return Math.max(0, step + Math.max(0, Math.round(this.#pace * elapsedUs - step)));
  }
}
