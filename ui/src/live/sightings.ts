import type { Frame } from './model';
import { CarState } from './model';
import { ABSENT, STOPPED_SHOWN_US, type Pictures } from './positions';

const LAP = 65_536;
/** A step of more than this, the forward way round, is taken for a small step back. */
const BACKWARDS = 1 - 1 / 16;
/** A car that is drawn further away from where it is seen, in laps, is put there. */
const FAR = 1 / 16;
/** How much of the pace of all one car's step is. */
const PACE_PART = 1 / 1000;

/**
 * Where the cars of a large field are, of which each picture shows a part: between two sightings a car is driven on as
 * fast as it was seen to drive, and a bit faster or slower, so that it comes to where it is without a jump and never
 * backwards.
 */
export class Sightings implements Pictures {
  readonly cars: number;
  readonly #states: Uint8Array;
  readonly #seen: Float64Array;
  readonly #seenUs: Float64Array;
  /** Where each car was drawn at a time, in laps that are not counted, and the laps in a µs that it is driven on at. */
  readonly #from: Float64Array;
  readonly #fromUs: Float64Array;
  readonly #rate: Float64Array;
  /** When a car was first seen out of the race; +Infinity: not. */
  readonly #outSinceUs: Float64Array;
  /** Of those that drive: a car that was seen once is taken to be as fast, and that tells whole laps between sightings. */
  #pace = 0;
  #newestUs = Number.NEGATIVE_INFINITY;
  #drawnUs = Number.NEGATIVE_INFINITY;

  constructor(cars: number) {
    this.cars = cars;
    this.#states = new Uint8Array(cars).fill(ABSENT);
    this.#seen = new Float64Array(cars);
    this.#seenUs = new Float64Array(cars);
    this.#from = new Float64Array(cars);
    this.#fromUs = new Float64Array(cars);
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
      this.#see(car, (frame.lapFraction[i] ?? 0) / LAP, state, frame.timeUs);
      if (state < CarState.Retired) this.#outSinceUs[car] = Number.POSITIVE_INFINITY;
      // Nobody knows how long a car has been out that was never seen in.
      else if (before === ABSENT) this.#outSinceUs[car] = Number.NEGATIVE_INFINITY;
      else if (before < CarState.Retired) this.#outSinceUs[car] = frame.timeUs;
    }
  }

  sample(timeUs: number, fractions: Float64Array, states: Uint8Array): void {
    this.#drawnUs = Math.max(this.#drawnUs, timeUs);
    for (let car = 0; car < this.cars; car++) {
      const at = this.#drawn(car, timeUs);
      fractions[car] = at - Math.floor(at);
      const out = timeUs - (this.#outSinceUs[car] ?? 0) > STOPPED_SHOWN_US;
      states[car] = out ? ABSENT : (this.#states[car] ?? ABSENT);
    }
  }

  /** Forgets everything, for another stretch of the race. */
  #clear(): void {
    this.#states.fill(ABSENT);
    this.#pace = 0;
    this.#newestUs = this.#drawnUs = Number.NEGATIVE_INFINITY;
  }

  #drawn(car: number, timeUs: number): number {
    const since = Math.max(0, timeUs - (this.#fromUs[car] ?? 0));
    return (this.#from[car] ?? 0) + (this.#rate[car] ?? 0) * since;
  }

  #see(car: number, at: number, state: number, timeUs: number): void {
    const known = this.#states[car] !== ABSENT;
    const drives = state === CarState.Running || state === CarState.Pit;
    const took = timeUs - (this.#seenUs[car] ?? 0);
    if (known && took <= 0) return; // it is in two parts of one picture
    const step = known ? this.#step(at - (this.#seen[car] ?? 0), took) : 0;
    this.#states[car] = state;
    this.#seen[car] = at;
    this.#seenUs[car] = timeUs;
    if (known && state === CarState.Running && step > 0) {
      this.#pace += (step / took - this.#pace) * (this.#pace === 0 ? 1 : PACE_PART);
    }
    const ahead = this.#drawn(car, timeUs);
    const off = at - ahead - Math.round(at - ahead);
    if (!known || !drives || step === 0 || Math.abs(off) > Math.max(FAR, step / 2)) {
      this.#from[car] = at;
      this.#fromUs[car] = timeUs;
      this.#rate[car] = drives ? (known ? step / took : this.#pace) : 0;
      return;
    }
    // From where it is drawn now to where it will be at its next sighting.
    const nowUs = Math.max(this.#fromUs[car] ?? 0, this.#drawnUs);
    const now = this.#drawn(car, nowUs);
    this.#from[car] = now;
    this.#fromUs[car] = nowUs;
    this.#rate[car] = Math.max(0, (ahead + off + step - now) / (timeUs + took - nowUs));
  }

  /** How far a car has driven, in laps, that is seen so much further on; 0: it stood. */
  #step(on: number, took: number): number {
    let step = on - Math.floor(on);
    if (step > BACKWARDS) step -= 1;
    return Math.max(0, step + Math.max(0, Math.round(this.#pace * took - step)));
  }
}
