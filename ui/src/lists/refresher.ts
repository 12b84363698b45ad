/** A list is read anew at most this often. */
export const EVERY_MS = 2000;
/** And this often where nothing was told: some rulings change nothing that is told of. */
export const ANYWAY_MS = 10_000;

export interface Page {
  readonly hidden: () => boolean;
  /** Calls back when the page is seen or hidden; returns what ends that. */
  readonly watch: (changed: () => void) => () => void;
}

export interface RefresherOptions {
  readonly page?: Page;
  /** How often the list is read where nothing was told. */
  readonly anywayMs?: number;
}

const browser: Page = {
  hidden: () => document.hidden,
  watch: (changed) => {
    document.addEventListener('visibilitychange', changed);
    return () => document.removeEventListener('visibilitychange', changed);
  },
};

/** Reads a list anew when it is no longer as it was: at once, but not often, and never for a page that nobody sees. */
export class Refresher {
  readonly #load: () => Promise<void>;
  readonly #page: Page;
  readonly #anywayMs: number;
  readonly #unwatch: () => void;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #lastMs = Number.NEGATIVE_INFINITY;
  #busy = false;
  #stale = true;
  #ended = false;

  constructor(load: () => Promise<void>, { page = browser, anywayMs = ANYWAY_MS }: RefresherOptions = {}) {
    this.#load = load;
    this.#anywayMs = anywayMs;
    this.#page = page;
    this.#unwatch = page.watch(() => this.#plan());
    this.#plan();
  }

  /** Says that the list is no longer as it was. */
  touch(): void {
    this.#stale = true;
    this.#plan();
  }

  end(): void {
    this.#ended = true;
    this.#unwatch();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #plan(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#ended || this.#busy || this.#page.hidden()) return;
    const dueMs = this.#lastMs + (this.#stale ? EVERY_MS : this.#anywayMs);
    this.#timer = setTimeout(() => void this.#run(), Math.max(0, dueMs - Date.now()));
  }

  async #run(): Promise<void> {
    this.#timer = null;
    this.#busy = true;
    this.#stale = false;
    try {
      await this.#load();
    } finally {
      this.#busy = false;
      this.#lastMs = Date.now();
      this.#plan();
    }
  }
}
