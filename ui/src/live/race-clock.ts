interface Sample {
  readonly timeUs: number;
  readonly atMs: number;
}

const WINDOW = 16;
/** The part of a sample's deviation that the clock takes over at once; the rest is taken for network jitter. */
const CORRECTION = 0.15;
/** A measured rate this close to the race's speed counts as the race's speed. */
const SAME_RATE = 0.25;

/**
 * Estimates the current race time from samples (race time, arrival), so that the map can draw one frame behind. It
 * runs at the race's own speed, or at the measured rate where that is unknown (speed 0), and jumps where the race
 * jumped: after a pause, or when the server resumed elsewhere.
 */
export class RaceClock {
  readonly #nominal: number; // µs of race time per ms of real time; 0: unknown
  #samples: Sample[] = [];
  #anchor: Sample | null = null;

  constructor(speed: number) {
    this.#nominal = speed * 1000;
  }

  get started(): boolean {
    return this.#anchor !== null;
  }

  observe(timeUs: number, atMs: number): void {
    const sample = { timeUs, atMs };
    const last = this.#samples.at(-1);
    if (last && timeUs === last.timeUs) return; // the next part of the same frame
    const predicted = this.#predict(atMs);
    const far = Math.max(3 * this.#intervalUs(), 500 * this.#rate());
    if (predicted === null || !last || timeUs < last.timeUs || Math.abs(timeUs - predicted) > far) {
      // Keep two samples across a jump ahead, so that a race without a speed of its own gets a rate at once.
      this.#samples = last && this.#samples.length === 1 && timeUs > last.timeUs ? [last, sample] : [sample];
      this.#anchor = sample;
      return;
    }
    this.#samples.push(sample);
    if (this.#samples.length > WINDOW) this.#samples.shift();
    this.#anchor = { timeUs: predicted + CORRECTION * (timeUs - predicted), atMs };
  }

  /** The race time to draw: one frame behind, so that there is a frame on both sides; never past the newest. */
  playbackUs(atMs: number): number {
    const predicted = this.#predict(atMs);
    const newest = this.#samples.at(-1);
    if (predicted === null || !newest) return 0;
    return Math.min(newest.timeUs, predicted - this.#intervalUs());
  }

  /** The current race time for estimated positions, at most aheadMaxUs past the newest message. */
  nowUs(atMs: number, aheadMaxUs: number): number {
    const predicted = this.#predict(atMs);
    const newest = this.#samples.at(-1);
    if (predicted === null || !newest) return 0;
    return Math.min(newest.timeUs + aheadMaxUs, predicted);
  }

  /** The age of the newest sample in ms of real time. */
  ageMs(atMs: number): number {
    const newest = this.#samples.at(-1);
    return newest ? atMs - newest.atMs : Number.POSITIVE_INFINITY;
  }

  #predict(atMs: number): number | null {
    if (!this.#anchor) return null;
    return this.#anchor.timeUs + this.#rate() * (atMs - this.#anchor.atMs);
  }

  #intervalUs(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || this.#samples.length < 2) return 0;
    return (last.timeUs - first.timeUs) / (this.#samples.length - 1);
  }

  #rate(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.atMs - first.atMs < 1) return this.#nominal;
    const measured = (last.timeUs - first.timeUs) / (last.atMs - first.atMs);
    const same = this.#nominal > 0 && Math.abs(measured / this.#nominal - 1) < SAME_RATE;
    return same || this.#samples.length < 4 ? this.#nominal || measured : measured;
  }
}
