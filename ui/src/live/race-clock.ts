interface Sample {
  readonly timeUs: number;
  readonly atMs: number;
}

const WINDOW = 16;
/** How much of the difference between a sample and the clock is taken over at once: the rest is the network's jitter. */
const FOLLOW = 0.15;
/** A measured rate nearer to the race's speed than this is the race's speed. */
const SAME_RATE = 0.25;

/**
 * Tells what time it is in the race from samples (race time, arrival), for the map to draw "now minus one frame".
 * It follows the race's own speed where there is one, else the rate it measures (speed 0: as fast as possible),
 * and jumps where the race jumped: after a pause, or when the server went on elsewhere.
 */
export class RaceClock {
  readonly #nominal: number; // µs of race time in a ms of ours; 0: not known
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
      // Two samples are kept over a jump ahead, so that a race without a speed of its own gets a rate at once.
      this.#samples = last && this.#samples.length === 1 && timeUs > last.timeUs ? [last, sample] : [sample];
      this.#anchor = sample;
      return;
    }
    this.#samples.push(sample);
    if (this.#samples.length > WINDOW) this.#samples.shift();
    this.#anchor = { timeUs: predicted + FOLLOW * (timeUs - predicted), atMs };
  }

  /** Race time to draw: one frame behind, so that there is a frame on both sides; never past the newest. */
  playbackUs(atMs: number): number {
    const predicted = this.#predict(atMs);
    const newest = this.#samples.at(-1);
    if (predicted === null || !newest) return 0;
    return Math.min(newest.timeUs, predicted - this.#intervalUs());
  }

  /** Race time now, for positions that are worked out ahead of the newest message, by at most that much. */
  nowUs(atMs: number, aheadMaxUs: number): number {
    const predicted = this.#predict(atMs);
    const newest = this.#samples.at(-1);
    if (predicted === null || !newest) return 0;
    return Math.min(newest.timeUs + aheadMaxUs, predicted);
  }

  /** How long ago the newest sample came, in ms of ours. */
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
