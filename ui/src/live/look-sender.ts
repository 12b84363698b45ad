import { LOOK_CARS_MAX, LOOK_PLACES_MAX, type Look } from './model';
import { browserClock, type Clock } from './socket';

/** A look is sent at most this often. */
const SEND_EVERY_MS = 200;

/**
 * Sends the server which places and cars are in view: the first look at once, later ones rate-limited, unchanged
 * ones never.
 */
export class LookSender {
  readonly #send: (look: Look) => boolean;
  readonly #clock: Clock;
  #latest: Look | null = null;
  #sent: Look | null = null;
  #stopTimer: (() => void) | null = null;

  /** send reports whether it could send; a look that it could not send goes out with `resend`. */
  constructor(send: (look: Look) => boolean, clock = browserClock) {
    this.#send = send;
    this.#clock = clock;
  }

  update({ from, to, cars }: Look): void {
    this.#latest = {
      from,
      to: Math.min(Math.max(from, to), from + LOOK_PLACES_MAX),
      cars: [...new Set(cars)].slice(0, LOOK_CARS_MAX),
    };
    this.#flush();
  }

  /** Sends the look again, on a new connection. */
  resend(): void {
    this.#sent = null;
    this.#flush();
  }

  end(): void {
    this.#stopTimer?.();
  }

  #flush(): void {
    const look = this.#latest;
    if (this.#stopTimer !== null || look === null || same(look, this.#sent) || !this.#send(look)) return;
    this.#sent = look;
    this.#stopTimer = this.#clock.after(SEND_EVERY_MS, () => {
      this.#stopTimer = null;
      this.#flush();
    });
  }
}

function same(a: Look, b: Look | null): boolean {
  return b !== null && a.from === b.from && a.to === b.to && a.cars.join() === b.cars.join();
}
