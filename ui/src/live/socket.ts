/** The state of the connection. Times are those of performance.now. */
export type Connection =
  /** The first attempt, for at most STALE_AFTER_MS. */
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'stale'; readonly sinceMs: number }
  /** Lasts until the next message, since a hung server accepts connections. retryAtMs is null during an attempt. */
  | { readonly kind: 'lost'; readonly retryAtMs: number | null }
  | { readonly kind: 'closed'; readonly reason: 'no such race' | 'refused' };

/** The part of WebSocket that LiveSocket uses. */
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
  /** The address; called for each attempt, because it carries the last sequence number. */
  readonly url: () => string;
  /** Handles one message. If it throws, the connection is closed and opened again after `reset`. */
  readonly receive: (data: ArrayBuffer, atMs: number) => void;
  readonly onChange: (connection: Connection) => void;
  /** Called after an unreadable message: the next connection starts from a snapshot. */
  readonly reset: () => void;
  /** Reports what was wrong with a message to the console. */
  readonly report?: (error: unknown) => void;
  readonly open?: (url: string) => Socket;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** The server sends something every second; silence longer than this is shown. */
export const STALE_AFTER_MS = 3000;
/** After this much silence the connection is given up, though it was not closed. */
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

/** A connection to /live/{id} that reconnects by itself and reports its state. */
export class LiveSocket {
  readonly #options: Required<LiveSocketOptions>;
  #socket: Socket | null = null;
  #connection: Connection = { kind: 'connecting' };
  #lastMessageMs = 0;
  /** When the last message came or the connection was opened. */
  #silentSinceMs = 0;
  #attempts = 0;
  #stopTimer = (): void => undefined;

  constructor(options: LiveSocketOptions) {
    this.#options = {
      open: (url) => new WebSocket(url),
      report: (error) => reportError(error),
      clock: browserClock,
      random: Math.random,
      ...options,
    };
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** When the last message came; 0 before the first. */
  get lastMessageMs(): number {
    return this.#lastMessageMs;
  }

  /** Connects, or reconnects at once instead of waiting. */
  connect(): void {
    this.#disconnect();
    if (this.#connection.kind !== 'connecting') this.#setConnection({ kind: 'lost', retryAtMs: null });
    const socket = this.#options.open(this.#options.url());
    socket.binaryType = 'arraybuffer';
    socket.onmessage = (event) => this.#onMessage(event.data);
    socket.onclose = (event) => this.#onClose(event.code);
    this.#socket = socket;
    this.#silentSinceMs = this.#options.clock.now();
    this.#watchSilence();
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    this.#socket?.send(data);
  }

  close(): void {
    this.#disconnect();
  }

  #onMessage(data: unknown): void {
    this.#lastMessageMs = this.#silentSinceMs = this.#options.clock.now();
    try {
      if (!(data instanceof ArrayBuffer)) throw new TypeError('the message is not binary');
      this.#options.receive(data, this.#lastMessageMs);
    } catch (error) {
      // Reconnect instead of giving up: the snapshot that follows replaces everything.
      this.#options.report(error);
      this.#options.reset();
      this.#disconnect();
      this.#retry();
      return;
    }
    this.#attempts = 0;
    if (this.#connection.kind !== 'live') this.#setConnection({ kind: 'live' });
  }

  #onClose(code: number): void {
    this.#disconnect();
    if (code === CLOSE_NO_SUCH_RACE) this.#setConnection({ kind: 'closed', reason: 'no such race' });
    else if (code === CLOSE_BAD_REQUEST) this.#setConnection({ kind: 'closed', reason: 'refused' });
    else this.#retry();
  }

  /** Checks the silence, and schedules the next check. */
  #watchSilence(): void {
    const silentMs = this.#options.clock.now() - this.#silentSinceMs;
    if (silentMs >= DEAD_AFTER_MS) {
      this.#disconnect();
      this.#retry();
      return;
    }
    if (silentMs >= STALE_AFTER_MS) {
      if (this.#connection.kind === 'live')
        this.#setConnection({ kind: 'stale', sinceMs: this.#silentSinceMs });
      if (this.#connection.kind === 'connecting') this.#setConnection({ kind: 'lost', retryAtMs: null });
    }
    const limit = silentMs < STALE_AFTER_MS ? STALE_AFTER_MS : DEAD_AFTER_MS;
    this.#stopTimer = this.#options.clock.after(limit - silentMs, () => this.#watchSilence());
  }

  /** Half of the delay is random, so that a thousand pages do not reconnect at the same instant. */
  #retry(): void {
    const limit = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#attempts++);
    const wait = limit / 2 + (limit / 2) * this.#options.random();
    this.#setConnection({ kind: 'lost', retryAtMs: this.#options.clock.now() + wait });
    this.#stopTimer = this.#options.clock.after(wait, () => this.connect());
  }

  #disconnect(): void {
    this.#stopTimer();
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #setConnection(connection: Connection): void {
    this.#connection = connection;
    this.#options.onChange(connection);
  }
}
