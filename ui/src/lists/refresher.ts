/** A list is loaded at most this often. */
export const REFRESH_MS = 2000;
/** How often a list is loaded without a notification: some rulings cause no fact. */
export const IDLE_REFRESH_MS = 10_000;

export interface PageVisibility {
  readonly hidden: () => boolean;
  /** Subscribes to changes of visibility; returns the unsubscribe function. */
  readonly onChange: (changed: () => void) => () => void;
}

export interface RefresherOptions {
  readonly page?: PageVisibility;
  /** How often the list is loaded without a notification. */
  readonly idleMs?: number;
}

const browser: PageVisibility = {
  hidden: () => document.hidden,
  onChange: (changed) => {
    document.addEventListener('visibilitychange', changed);
    return () => document.removeEventListener('visibilitychange', changed);
  },
};

/** Reloads a list after it changed: at once, but rate-limited, and never while the page is hidden. */
export class Refresher {
  readonly #load: () => Promise<void>;
  readonly #page: PageVisibility;
  readonly #idleMs: number;
  readonly #unsubscribe: () => void;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #lastMs = Number.NEGATIVE_INFINITY;
  #loading = false;
  #stale = true;
  #stopped = false;

  constructor(
    load: () => Promise<void>,
    { page = browser, idleMs = IDLE_REFRESH_MS }: RefresherOptions = {},
  ) {
    this.#load = load;
    this.#idleMs = idleMs;
    this.#page = page;
    this.#unsubscribe = page.onChange(() => this.#schedule());
    this.#schedule();
  }

  /** Marks the list as changed. */
  invalidate(): void {
    this.#stale = true;
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#unsubscribe();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#stopped || this.#loading || this.#page.hidden()) return;
    const dueMs = this.#lastMs + (this.#stale ? REFRESH_MS : this.#idleMs);
    this.#timer = setTimeout(() => void this.#refresh(), Math.max(0, dueMs - Date.now()));
  }

  async #refresh(): Promise<void> {
    this.#timer = null;
    this.#loading = true;
    this.#stale = false;
    try {
      await this.#load();
    } finally {
      this.#loading = false;
      this.#lastMs = Date.now();
      this.#schedule();
    }
  }
}
