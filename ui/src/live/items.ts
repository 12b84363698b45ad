/** The message does not follow transport/WIRE.md. The connection is closed and opened again. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Reads the items of a decoded array by index and type; extra items at the end are ignored. */
export class Items {
  readonly #items: readonly unknown[];
  readonly #name: string;

  constructor(value: unknown, what: string) {
    if (!Array.isArray(value)) throw new WireError(`${what} is not an array`);
    this.#items = value;
    this.#name = what;
  }

  get length(): number {
    return this.#items.length;
  }

  number(at: number): number {
    const value = this.#items[at];
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.#wrong(at, 'a number');
    return value;
  }

  int(at: number): number {
    const value = this.#items[at];
    if (!Number.isSafeInteger(value)) throw this.#wrong(at, 'an integer');
    return value as number;
  }

  /** An index or a count, at most max. */
  count(at: number, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.int(at);
    if (value < 0 || value > max) throw this.#wrong(at, `from 0 to ${max}`);
    return value;
  }

  string(at: number): string {
    const value = this.#items[at];
    if (typeof value !== 'string') throw this.#wrong(at, 'a string');
    return value;
  }

  bool(at: number): boolean {
    const value = this.#items[at];
    if (typeof value !== 'boolean') throw this.#wrong(at, 'true or false');
    return value;
  }

  bytes(at: number): Uint8Array {
    const value = this.#items[at];
    if (!(value instanceof Uint8Array)) throw this.#wrong(at, 'binary');
    return value;
  }

  /** A column of little-endian u16. Copies, because a typed array must start at a multiple of its width. */
  u16s(at: number): Uint16Array {
    return new Uint16Array(this.#column(at, 2));
  }

  u32s(at: number): Uint32Array {
    return new Uint32Array(this.#column(at, 4));
  }

  isNil(at: number): boolean {
    return this.#items[at] === null;
  }

  value(at: number): unknown {
    return this.#items[at];
  }

  array(at: number, what: string): Items {
    return new Items(this.#items[at], what);
  }

  map<T>(read: (item: unknown) => T): T[] {
    return this.#items.map(read);
  }

  #column(at: number, width: number): ArrayBuffer {
    const bytes = this.bytes(at);
    if (bytes.length % width !== 0) throw this.#wrong(at, `a whole number of ${width}-byte items`);
    return bytes.slice().buffer;
  }

  #wrong(at: number, expected: string): WireError {
    return new WireError(`${this.#name}: item ${at} is not ${expected}`);
  }
}
