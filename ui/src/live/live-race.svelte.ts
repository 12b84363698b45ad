import { BASE } from '../base';
import { Board, type BoardView } from './board';
import { FrameRing } from './frame-ring';
import { LineEstimator } from './line-estimator';
import { Looking } from './looking';
import type { Fact, Facts, Frame, Look, Snapshot } from './model';
import { Status } from './model';
import type { Pictures, Positions } from './positions';
import { OpsLog } from './ops-log.svelte';
import { RaceClock } from './race-clock';
import { Sightings } from './sightings';
import { LiveSocket, type Connection, type Socket } from './socket';
import { readMessage, writeLook } from './wire';

/** The board is given to the page at most this often. */
const PUBLISH_EVERY_MS = 100;
/** How far cars are driven on ahead of the newest fact, where there are no frames. */
const ESTIMATE_AHEAD_US = 5_000_000;
/** After this much silence the cars on the map stand still. */
const HELD_AFTER_MS = 2000;

export interface LiveRaceOptions {
  /** For tests: a line that is not a WebSocket. */
  readonly open?: (url: string) => Socket;
  /** Told of facts that were news; null: a snapshot replaced everything. */
  readonly heard?: (facts: readonly Fact[] | null) => void;
}

/** One race as it is seen live: the board for the page, the positions for the map, and how the line stands. */
export class LiveRace {
  readonly id: string;
  /** What happens to the race's actors. */
  readonly ops: OpsLog;
  #board = new Board();
  #view = $state.raw<BoardView | null>(null);
  #connection = $state.raw<Connection>({ kind: 'connecting' });
  #snapshots = $state(0);
  #publishing: ReturnType<typeof setTimeout> | null = null;
  #pictures: Pictures | null = null;
  #estimator: LineEstimator | null = null;
  #frameClock = new RaceClock(1);
  #factClock = new RaceClock(1);
  readonly #socket: LiveSocket;
  readonly #looking = new Looking((look) => this.#say(look));
  readonly #heard: (facts: readonly Fact[] | null) => void;

  constructor(id: string, { heard = () => undefined, ...options }: LiveRaceOptions = {}) {
    this.id = id;
    this.ops = new OpsLog(id);
    this.#heard = heard;
    this.#socket = new LiveSocket({
      url: () => liveUrl(id, this.#board.seq),
      receive: (data, atMs) => this.#receive(data, atMs),
      changed: (connection) => {
        this.#connection = connection;
        if (connection.kind === 'live') this.#looking.again();
      },
      reset: () => (this.#board = new Board()),
      ...options,
    });
  }

  /** Null until the first snapshot; the last one known while the line is down. */
  get board(): BoardView | null {
    return this.#view;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Counts the snapshots: what changed with one did not happen now, so nothing moves for it. */
  get snapshots(): number {
    return this.#snapshots;
  }

  /** Whether the map's positions are worked out from timing lines, there being no frames. Read each picture. */
  get estimated(): boolean {
    return this.#pictures === null || this.#pictures.empty;
  }

  connect(): void {
    this.#socket.connect();
  }

  close(): void {
    this.#socket.close();
    if (this.#publishing !== null) clearTimeout(this.#publishing);
    this.#looking.end();
    this.ops.end();
  }

  /** Has what is looked at told, as it is and as it changes: of a large field nothing else is. */
  look(look: Look): void {
    this.#looking.want(look);
  }

  /** Where the cars are; null before the first snapshot. */
  get positions(): Positions | null {
    return this.estimated ? this.#estimator : this.#pictures;
  }

  /** The race time that the map shows at a moment of ours. */
  pictureTimeUs(atMs: number): number {
    if (!this.estimated) return this.#frameClock.playbackUs(atMs);
    const heardUntil = Math.min(atMs, this.#socket.heardMs + HELD_AFTER_MS);
    return this.#factClock.nowUs(heardUntil, this.#runs ? ESTIMATE_AHEAD_US : 0);
  }

  /** Whether the positions may be old: nothing was heard, or a race that runs sent no frame. */
  held(atMs: number): boolean {
    const framed = this.#runs && !this.estimated;
    const ageMs = framed ? this.#frameClock.ageMs(atMs) : atMs - this.#socket.heardMs;
    return ageMs > HELD_AFTER_MS;
  }

  get #runs(): boolean {
    return this.#board.session.status === Status.Running;
  }

  #say(look: Look): boolean {
    if (this.#socket.connection.kind !== 'live' || !this.#board.large) return false;
    this.#socket.send(writeLook(look));
    this.#board.look(look.from, look.to);
    return true;
  }

  #receive(data: ArrayBuffer, atMs: number): void {
    const message = readMessage(data);
    switch (message?.type) {
      case 'snapshot':
        this.#start(message, atMs);
        break;
      case 'facts':
        this.#follow(message, atMs);
        break;
      case 'frame':
        this.#picture(message, atMs);
        break;
      case 'ops':
        this.ops.hear(message, this.#board.race === null ? 0 : this.pictureTimeUs(atMs) / 1000);
        break;
      case 'pulse': // heard, which is all it is for
      case undefined:
        break;
    }
  }

  #start(snapshot: Snapshot, atMs: number): void {
    this.#board.replace(snapshot);
    const cars = snapshot.entries.length;
    if (this.#pictures?.cars !== cars) {
      this.#pictures = this.#board.large ? new Sightings(cars) : new FrameRing(cars);
    }
    this.#frameClock = new RaceClock(snapshot.race.speed);
    this.#factClock = new RaceClock(snapshot.race.speed);
    this.#factClock.observe(snapshot.timeUs, atMs);
    this.#estimator = new LineEstimator(snapshot.race, cars);
    this.#view = this.#board.view();
    this.#estimator.start(this.#view?.rows ?? [], this.#view?.order ?? [], snapshot.timeUs);
    this.#snapshots++;
    this.ops.join(atMs);
    this.#heard(null);
  }

  #follow(facts: Facts, atMs: number): void {
    if (!this.#board.apply(facts)) return;
    this.#heard(facts.facts);
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

  #picture(frame: Frame, atMs: number): void {
    this.#pictures?.push(frame);
    this.#frameClock.observe(frame.timeUs, atMs);
  }
}

function liveUrl(id: string, seq: number): string {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const from = seq > 0 ? `?from=${seq}` : '';
  return `${scheme}//${location.host}${BASE}live/${encodeURIComponent(id)}${from}`;
}
