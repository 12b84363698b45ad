import { errorMessage } from '../api';
import { reportLate } from './late';

/** A list on the server that is loaded again and again. */
export class RemoteList<T> {
  #items = $state.raw<readonly T[] | null>(null);
  #error = $state<string | null>(null);
  #requests = 0;
  readonly #read: () => Promise<readonly T[]>;

  constructor(read: () => Promise<readonly T[]>) {
    this.#read = read;
  }

  /** Null until the first load. */
  get items(): readonly T[] | null {
    return this.#items;
  }

  /** Why the last load failed, or that it is late; items are those of the load before. */
  get error(): string | null {
    return this.#error;
  }

  async load(): Promise<void> {
    const request = ++this.#requests;
    const reportError = (error: string): void => {
      if (request === this.#requests) this.#error = error;
    };
    try {
      const items = await reportLate(this.#read(), reportError);
      if (request === this.#requests) [this.#items, this.#error] = [items, null];
    } catch (error) {
      reportError(errorMessage(error));
    }
  }

  /** Drops the items, because the list will be loaded with other parameters. */
  clear(): void {
    this.#requests++;
    [this.#items, this.#error] = [null, null];
  }
}
