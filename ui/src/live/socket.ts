/** How the line stands. Times are of performance.now. */
export type Connection =
  /** For the first time, and not for long yet. */
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'stale'; readonly sinceMs: number }
  /** Until the next message comes: a hung server accepts connections. retryAtMs is null while a try is under way. */
  | { readonly kind: 'lost'; readonly retryAtMs: number | null }
  | { readonly kind: 'gone'; readonly reason: 'no such race' | 'refused' };

/** The part of WebSocket that is used here. */
export interface Socket {
  binaryType: BinaryType;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

export interface Clock {
  now(): number;
  after(ms: number, run: () => void): () => void;
}

export interface LiveSocketOptions {
  /** Where to connect, asked again for each try: it names the last seq seen. */
  readonly url: () => string;
  /** Takes one message. What it throws cuts the line, which is opened anew after `reset`. */
  readonly receive: (data: ArrayBuffer, atMs: number) => void;
  readonly changed: (connection: Connection) => void;
  /** A message could not be read or folded: start from a snapshot. */
  readonly reset: () => void;
  /** Takes what was wrong with a message, for whoever watches the page. */
  readonly report?: (fault: unknown) => void;
  readonly open?: (url: string) => Socket;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** The server sends something every second; after this much silence the page says so. */
export const STALE_AFTER_MS = 3000;
/** After this much silence the line is taken for dead, though nobody closed it. */
const DEAD_AFTER_MS = 15_000;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 5000;

const CLOSE_NO_SUCH_RACE = 4404;
const CLOSE_BAD_REQUEST = 4400;

export const browserClock: Clock = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** A line to /live/{id} that comes back by itself and always knows in words how it stands. */
export class LiveSocket {
  readonly #o: Required<LiveSocketOptions>;
  #socket: Socket | null = null;
  #connection: Connection = { kind: 'connecting' };
  #heardMs = 0;
  /** When the silence began that may become too long. */
  #sinceMs = 0;
  #tries = 0;
  #stopTimer = (): void => undefined;

  constructor(options: LiveSocketOptions) {
    this.#o = {
      open: (url) => new WebSocket(url),
      report: (fault) => reportError(fault),
      clock: browserClock,
      random: Math.random,
      ...options,
    };
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** When the last message came; 0 before the first. */
  get heardMs(): number {
    return this.#heardMs;
  }

  /** Opens the line, or opens it at once where it waits to be opened again. */
  connect(): void {
    this.#hangUp();
    if (this.#connection.kind !== 'connecting') this.#become({ kind: 'lost', retryAtMs: null });
    const socket = this.#o.open(this.#o.url());
    socket.binaryType = 'arraybuffer';
    socket.onmessage = (event) => this.#hear(event.data);
    socket.onclose = (event) => this.#closed(event.code);
    this.#socket = socket;
    this.#sinceMs = this.#o.clock.now();
    this.#watch();
  }

  /** Says something, on a line on which something was heard. */
  send(data: Uint8Array<ArrayBuffer>): void {
    this.#socket?.send(data);
  }

  /** Ends the line for good. */
  close(): void {
    this.#hangUp();
  }

  #hear(data: unknown): void {
    this.#heardMs = this.#sinceMs = this.#o.clock.now();
    try {
      if (!(data instanceof ArrayBuffer)) throw new TypeError('a message that is not binary');
      this.#o.receive(data, this.#heardMs);
    } catch (fault) {
      // Not a reason to stop: the snapshot that follows replaces everything.
      this.#o.report(fault);
      this.#o.reset();
      this.#hangUp();
      this.#retry();
      return;
    }
    this.#tries = 0;
    if (this.#connection.kind !== 'live') this.#become({ kind: 'live' });
  }

  #closed(code: number): void {
    this.#hangUp();
    if (code === CLOSE_NO_SUCH_RACE) this.#become({ kind: 'gone', reason: 'no such race' });
    else if (code === CLOSE_BAD_REQUEST) this.#become({ kind: 'gone', reason: 'refused' });
    else this.#retry();
  }

  /** Looks at the silence when it can have become too long. */
  #watch(): void {
    const silentMs = this.#o.clock.now() - this.#sinceMs;
    if (silentMs >= DEAD_AFTER_MS) {
      this.#hangUp();
      this.#retry();
      return;
    }
    if (silentMs >= STALE_AFTER_MS) {
      if (this.#connection.kind === 'live') this.#become({ kind: 'stale', sinceMs: this.#sinceMs });
      if (this.#connection.kind === 'connecting') this.#become({ kind: 'lost', retryAtMs: null });
    }
    const limit = silentMs < STALE_AFTER_MS ? STALE_AFTER_MS : DEAD_AFTER_MS;
    this.#stopTimer = this.#o.clock.after(limit - silentMs, () => this.#watch());
  }

  /** Half of the wait is drawn by lot, so that a thousand pages do not come back in the same instant. */
  #retry(): void {
    const limit = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#tries++);
    const wait = limit / 2 + (limit / 2) * this.#o.random();
    this.#become({ kind: 'lost', retryAtMs: this.#o.clock.now() + wait });
    this.#stopTimer = this.#o.clock.after(wait, () => this.connect());
  }

  #hangUp(): void {
    this.#stopTimer();
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #become(connection: Connection): void {
    this.#connection = connection;
    this.#o.changed(connection);
  }
}
