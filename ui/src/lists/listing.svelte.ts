import { describe } from '../api';
import { lateIsSaid } from './late';

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

  /** Why the newest reading failed, or that it is late; the items are those of the one before. */
  get fault(): string | null {
    return this.#fault;
  }

  async load(): Promise<void> {
    const mine = ++this.#asked;
    const fail = (fault: string): void => {
      if (mine === this.#asked) this.#fault = fault;
    };
    try {
      const items = await lateIsSaid(this.#read(), fail);
      if (mine === this.#asked) [this.#items, this.#fault] = [items, null];
    } catch (fault) {
      fail(describe(fault));
    }
  }

  /** Forgets what was read: another list is asked for. */
  clear(): void {
    this.#asked++;
    [this.#items, this.#fault] = [null, null];
  }
}
