import { describe } from '../api';

/** A list of the server's that is read again and again. */
export class Listing<T> {
  #items = $state.raw<readonly T[] | null>(null);
  #fault = $state<string | null>(null);
  #asked = 0;
  readonly #read: () => Promise<readonly T[]>;

  constructor(read: () => Promise<readonly T[]>) {
    this.#read = read;
  }

  /** Null until it was read once. */
  get items(): readonly T[] | null {
    return this.#items;
  }

  /** Why the newest reading failed; the items are those of the one before. */
  get fault(): string | null {
    return this.#fault;
  }

  async load(): Promise<void> {
    const mine = ++this.#asked;
    try {
      const items = await this.#read();
      if (mine === this.#asked) [this.#items, this.#fault] = [items, null];
    } catch (fault) {
      if (mine === this.#asked) this.#fault = describe(fault);
    }
  }

  /** Forgets what was read: another list is asked for. */
  clear(): void {
    this.#asked++;
    [this.#items, this.#fault] = [null, null];
  }
}
