import { LOOK_CARS, LOOK_PLACES, type Look } from './model';
import { browserClock, type Clock } from './socket';

/** What is looked at is said at most this often. */
const SAY_EVERY_MS = 200;

/** Tells the server what is looked at: at once, then once in a while, the last one counts. The same is said once. */
export class Looking {
  readonly #send: (look: Look) => boolean;
  readonly #clock: Clock;
  #wanted: Look | null = null;
  #said: Look | null = null;
  #stopTimer: (() => void) | null = null;

  /** send says whether it could: what could not be sent is said by `again`. */
  constructor(send: (look: Look) => boolean, clock = browserClock) {
    this.#send = send;
    this.#clock = clock;
  }

  want({ from, to, cars }: Look): void {
    this.#wanted = {
      from,
      to: Math.min(Math.max(from, to), from + LOOK_PLACES),
      cars: [...new Set(cars)].slice(0, LOOK_CARS),
    };
    this.#say();
  }

  /** Says it anew: there is another line, or another race on it. */
  again(): void {
    this.#said = null;
    this.#say();
  }

  end(): void {
    this.#stopTimer?.();
  }

  #say(): void {
    const look = this.#wanted;
    if (this.#stopTimer !== null || look === null || same(look, this.#said) || !this.#send(look)) return;
    this.#said = look;
    this.#stopTimer = this.#clock.after(SAY_EVERY_MS, () => {
      this.#stopTimer = null;
      this.#say();
    });
  }
}

function same(a: Look, b: Look | null): boolean {
  return b !== null && a.from === b.from && a.to === b.to && a.cars.join() === b.cars.join();
}
