import { BASE } from '../base';
import { Board, type BoardView } from './board';
import { FrameRing } from './frame-ring';
import { LineEstimator } from './line-estimator';
import { LookSender } from './look-sender';
import type { Fact, Facts, Frame, Look, Snapshot } from './model';
import { Status } from './model';
import type { FrameSource, Positions } from './positions';
import { OpsLog } from './ops-log.svelte';
import { RaceClock } from './race-clock';
import { DeadReckoner } from './dead-reckoner';
import { LiveSocket, type Connection, type Socket } from './socket';
import { readMessage, writeLook } from './wire';

/** The board is published at most this often. */
const PUBLISH_EVERY_MS = 100;
/** How far an estimate may run ahead of the newest fact. */
const ESTIMATE_AHEAD_US = 5_000_000;
/** After this much silence the cars on the map stop. */
const POSITIONS_STALE_AFTER_MS = 2000;

export interface LiveRaceOptions {
  /** For tests: replaces the WebSocket. */
  readonly open?: (url: string) => Socket;
  /** Called with new facts; null: a snapshot replaced everything. */
  readonly onFacts?: (facts: readonly Fact[] | null) => void;
}

/** A race live: the board for the page, the positions for the map, and the state of the connection. */
export class LiveRace {
  readonly id: string;
  /** Restarts and drills of the race's actors. */
  readonly ops: OpsLog;
  #board = new Board();
  #view = $state.raw<BoardView | null>(null);
  #connection = $state.raw<Connection>({ kind: 'connecting' });
  #behindMs = $state(0);
  #snapshots = $state(0);
  #publishing: ReturnType<typeof setTimeout> | null = null;
  #frames: FrameSource | null = null;
  #estimator: LineEstimator | null = null;
  #frameClock = new RaceClock(1);
  #factClock = new RaceClock(1);
  readonly #socket: LiveSocket;
  readonly #lookSender = new LookSender((look) => this.#sendLook(look));
  readonly #reportFacts: (facts: readonly Fact[] | null) => void;

  constructor(id: string, { onFacts = () => undefined, ...options }: LiveRaceOptions = {}) {
    this.id = id;
    this.ops = new OpsLog(id);
    this.#reportFacts = onFacts;
    this.#socket = new LiveSocket({
      url: () => liveUrl(id, this.#board.seq),
      receive: (data, atMs) => this.#receive(data, atMs),
      onChange: (connection) => {
        this.#connection = connection;
        if (connection.kind === 'live') this.#lookSender.resend();
      },
      reset: () => (this.#board = new Board()),
      ...options,
    });
  }

  /** Null before the first snapshot; the last known board while the connection is down. */
  get board(): BoardView | null {
    return this.#view;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** For how long the server has been cut off from the race's log; 0 if it is not. */
  get behindMs(): number {
    return this.#behindMs;
  }

  /** Counts snapshots. A change that came with a snapshot did not happen now, so it is not animated. */
  get snapshots(): number {
    return this.#snapshots;
  }

  /** Whether positions are estimated from timing lines for want of frames. Not reactive: read it for each picture. */
  get estimated(): boolean {
    return this.#frames === null || this.#frames.empty;
  }

  connect(): void {
    this.#socket.connect();
  }

  close(): void {
    this.#socket.close();
    if (this.#publishing !== null) clearTimeout(this.#publishing);
    this.#lookSender.end();
    this.ops.end();
  }

  /** Asks the server for the rows in view. In a large field it sends only those. */
  look(look: Look): void {
    this.#lookSender.update(look);
  }

  /** Null before the first snapshot. */
  get positions(): Positions | null {
    return this.estimated ? this.#estimator : this.#frames;
  }

  /** The race time that the map shows at a time of performance.now. */
  mapTimeUs(atMs: number): number {
    if (!this.estimated) return this.#frameClock.playbackUs(atMs);
    const untilMs = Math.min(atMs, this.#socket.lastMessageMs + POSITIONS_STALE_AFTER_MS);
    return this.#factClock.nowUs(untilMs, this.#running ? ESTIMATE_AHEAD_US : 0);
  }

  /** Whether the positions are out of date: no message came, or a running race sent no frame. */
  positionsStale(atMs: number): boolean {
    const hasFrames = this.#running && !this.estimated;
    const ageMs = hasFrames ? this.#frameClock.ageMs(atMs) : atMs - this.#socket.lastMessageMs;
    return ageMs > POSITIONS_STALE_AFTER_MS;
  }

  get #running(): boolean {
    return this.#board.session.status === Status.Running;
  }

  #sendLook(look: Look): boolean {
    if (this.#socket.connection.kind !== 'live' || !this.#board.large) return false;
    this.#socket.send(writeLook(look));
    this.#board.watch(look.from, look.to);
    return true;
  }

  #receive(data: ArrayBuffer, atMs: number): void {
    const message = readMessage(data);
    switch (message?.type) {
      case 'snapshot':
        this.#onSnapshot(message, atMs);
        break;
      case 'facts':
        this.#onFacts(message, atMs);
        break;
      case 'frame':
        this.#onFrame(message, atMs);
        break;
      case 'ops':
        this.ops.apply(message, this.#board.race === null ? 0 : this.mapTimeUs(atMs) / 1000);
        break;
      case 'pulse': // it keeps the connection alive
      case undefined:
        break;
    }
    this.#behindMs = message?.type === 'pulse' ? message.behindMs : 0;
  }

  #onSnapshot(snapshot: Snapshot, atMs: number): void {
    this.#board.replace(snapshot);
    const cars = snapshot.entries.length;
    if (this.#frames?.cars !== cars) {
      this.#frames = this.#board.large ? new DeadReckoner(cars) : new FrameRing(cars);
    }
    this.#frameClock = new RaceClock(snapshot.race.speed);
    this.#factClock = new RaceClock(snapshot.race.speed);
    this.#factClock.observe(snapshot.timeUs, atMs);
    this.#estimator = new LineEstimator(snapshot.race, cars);
    this.#view = this.#board.view();
    this.#estimator.start(this.#view?.rows ?? [], this.#view?.order ?? [], snapshot.timeUs);
    this.#snapshots++;
    this.ops.join(atMs);
    this.#reportFacts(null);
  }

  #onFacts(facts: Facts, atMs: number): void {
    if (!this.#board.apply(facts)) return;
    this.#reportFacts(facts.facts);
    this.#factClock.observe(facts.timeUs, atMs);
    if (this.estimated) {
      for (const fact of facts.facts) {
        if (fact.kind === 'row') this.#estimator?.observe(fact.row, facts.timeUs);
      }
    }
    this.#publishing ??= setTimeout(() => {
      this.#publishing = null;
      this.#view = this.#board.view();
    }, PUBLISH_EVERY_MS);
  }

  #onFrame(frame: Frame, atMs: number): void {
    this.#frames?.push(frame);
    this.#frameClock.observe(frame.timeUs, atMs);
  }
}

function liveUrl(id: string, seq: number): string {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const from = seq > 0 ? `?from=${seq}` : '';
  return `${scheme}//${location.host}${BASE}live/${encodeURIComponent(id)}${from}`;
}
