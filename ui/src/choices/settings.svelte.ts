const NAME = 'lightsout.choices';

interface Saved {
  readonly singleKeys: boolean;
  readonly gaps: boolean;
  readonly author: string;
}

function load(): Saved {
  const usual = { singleKeys: true, gaps: false, author: '' };
  try {
    const saved: unknown = JSON.parse(localStorage.getItem(NAME) ?? '{}');
    return typeof saved === 'object' ? { ...usual, ...saved } : usual;
  } catch {
    return usual; // no storage, or not ours: what a visitor chose before is forgotten
  }
}

/** What a visitor chose, kept in the browser. */
class Settings {
  #saved = $state.raw<Saved>(load());

  /** Whether letters act by themselves (WCAG 2.1.4 wants a way to turn that off). */
  get singleKeys(): boolean {
    return this.#saved.singleKeys;
  }

  set singleKeys(on: boolean) {
    this.#save({ ...this.#saved, singleKeys: on });
  }

  /** Whether gaps to the leader are shown where there is room for one column only. */
  get gaps(): boolean {
    return this.#saved.gaps;
  }

  set gaps(on: boolean) {
    this.#save({ ...this.#saved, gaps: on });
  }

  /** The name that signs what is ordered at the marshal's desk; empty until it was asked. */
  get author(): string {
    return this.#saved.author;
  }

  set author(name: string) {
    this.#save({ ...this.#saved, author: name });
  }

  #save(next: Saved): void {
    this.#saved = next;
    try {
      localStorage.setItem(NAME, JSON.stringify(next));
    } catch {
      // It holds until the page is closed.
    }
  }
}

export const settings = new Settings();
