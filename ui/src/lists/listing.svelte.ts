import { errorMessage } from '../api';
import { lateIsSaid } from './late';

/** A list of the server's that is read again and again. */
export class Listing<T> {
  #items = $state.raw<readonly T[] | null>(null);
  #error = $state<string | null>(null);
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
  get error(): string | null {
    return this.#error;
  }

  async load(): Promise<void> {
    const mine = ++this.#asked;
    const fail = (error: string): void => {
      if (mine === this.#asked) this.#error = error;
    };
    try {
      const items = await lateIsSaid(this.#read(), fail);
      if (mine === this.#asked) [this.#items, this.#error] = [items, null];
    } catch (error) {
      fail(errorMessage(error));
    }
  }

  /** Forgets what was read: another list is asked for. */
  clear(): void {
    this.#asked++;
    [this.#items, this.#error] = [null, null];
  }
}
