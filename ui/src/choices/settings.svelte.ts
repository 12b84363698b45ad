const STORAGE_KEY = 'lightsout.choices';

interface Saved {
  readonly singleKeys: boolean;
  readonly gaps: boolean;
  readonly author: string;
}

function load(): Saved {
  const defaults = { singleKeys: true, gaps: false, author: '' };
  try {
    const saved: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}');
    return typeof saved === 'object' ? { ...defaults, ...saved } : defaults;
  } catch {
    return defaults; // no storage, or foreign content: use the defaults
  }
}

/** The visitor's settings, kept in the browser. */
class Settings {
  #saved = $state.raw<Saved>(load());

  /** Whether single-letter shortcuts are on (WCAG 2.1.4 requires a way to turn them off). */
  get singleKeys(): boolean {
    return this.#saved.singleKeys;
  }

  set singleKeys(on: boolean) {
    this.#save({ ...this.#saved, singleKeys: on });
  }

  /** Whether a narrow tower shows gaps to the leader instead of intervals. */
  get gaps(): boolean {
    return this.#saved.gaps;
  }

  set gaps(on: boolean) {
    this.#save({ ...this.#saved, gaps: on });
  }

  /** The name that signs rulings at the marshal's desk; empty until it is entered. */
  get author(): string {
    return this.#saved.author;
  }

  set author(name: string) {
    this.#save({ ...this.#saved, author: name });
  }

  #save(next: Saved): void {
    this.#saved = next;
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify(next));
    } catch {
      // no storage: keep it until the page is closed
    }
  }
}

export const settings = new Settings();
