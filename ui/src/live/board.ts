import { compareEvents, eventKey, withEvent, withoutEvent } from './events';
import { WireError } from './items';
import type { Entry, Fact, Facts, SessionStatus, RaceEvent, RaceInfo, Result, Row, Snapshot } from './model';
import { CarState, Flag, LARGE_FIELD_FROM, Mark, Status, Tyre } from './model';

/** The number of events a board keeps; race.EventsMax on the server. */
export const EVENTS_MAX = 500;

/** An immutable copy of the board at one moment. */
export interface BoardView {
  readonly race: RaceInfo;
  readonly entries: readonly Entry[];
  readonly seq: number;
  readonly timeUs: number;
  readonly session: SessionStatus;
  /** By car. */
  readonly rows: readonly Row[];
  /** Cars by position, each once. In a large field only watchedPlaces are up to date. */
  readonly order: readonly number[];
  /** Each car's place in the order, from 0. */
  readonly places: readonly number[];
  /** The places that the server keeps up to date, from inclusive, to exclusive: all in a field that is not large. */
  readonly watchedPlaces: readonly [from: number, to: number];
  /** The newest events, ordered by time, kind, car and record; each key once. */
  readonly events: readonly RaceEvent[];
  readonly result: Result | null;
}

const BEFORE_START: SessionStatus = {
  status: Status.Waiting,
  flag: Flag.Clear,
  leaderLap: 0,
  laps: 0,
  timeMs: 0,
};

/** Folds a race's facts into the timing tower, as race/board.go does on the server. */
export class Board {
  #race: RaceInfo | null = null;
  #entries: readonly Entry[] = [];
  #seq = 0;
  #timeUs = 0;
  #session: SessionStatus = BEFORE_START;
  #rows: Row[] = [];
  #order: number[] = [];
  #places: number[] = [];
  #watchedPlaces: readonly [number, number] = [0, 0];
  #events: readonly RaceEvent[] = [];
  #result: Result | null = null;

  /** The sequence number of the newest record folded in; 0 before the first snapshot. */
  get seq(): number {
    return this.#race === null ? 0 : this.#seq;
  }

  get race(): RaceInfo | null {
    return this.#race;
  }

  /** Whether the field is so large that the server sends only the rows and places a spectator watches. */
  get large(): boolean {
    return this.#entries.length >= LARGE_FIELD_FROM;
  }

  get session(): SessionStatus {
    return this.#session;
  }

  /** Replaces the whole board. An older snapshot is accepted as well: the server's state is the truth. */
  replace(s: Snapshot): void {
    this.#race = s.race;
    this.#entries = s.entries;
    this.#seq = s.seq;
    this.#timeUs = s.timeUs;
    this.#session = s.session;
    this.#rows = s.entries.map((_, car) => s.rows[car] ?? blankRow(car));
    this.#order = completeOrder(s.order, s.entries);
    this.#places = new Array<number>(s.entries.length);
    this.#order.forEach((car, place) => (this.#places[car] = place));
    if (!this.large) this.#watchedPlaces = [0, s.entries.length];
    this.#events = [...new Map(s.events.map((e) => [eventKey(e), e])).values()].sort(compareEvents);
    this.#result = s.result;
  }

  /** Sets which places of a large field the server sends from now on. */
  watch(from: number, to: number): void {
    this.#watchedPlaces = [from, to];
  }

  /**
   * Folds facts in and reports whether they were new. Throws WireError before it changes anything. In a large field,
   * rows and places that come into view arrive with the sequence number of the previous message.
   */
  apply(f: Facts): boolean {
    if (this.#race === null || f.seq < this.#seq || (f.seq === this.#seq && !this.large)) return false;
    for (const fact of f.facts) this.#check(fact);
    this.#seq = f.seq;
    this.#timeUs = f.timeUs;
    for (const fact of f.facts) this.#fold(fact);
    return true;
  }

  /** Null before the first snapshot. */
  view(): BoardView | null {
    if (this.#race === null) return null;
    return {
      race: this.#race,
      entries: this.#entries,
      seq: this.#seq,
      timeUs: this.#timeUs,
      session: this.#session,
      rows: this.#rows.slice(),
      order: this.#order.slice(),
      places: this.#places.slice(),
      watchedPlaces: this.#watchedPlaces,
      events: this.#events.slice(-EVENTS_MAX),
      result: this.#result,
    };
  }

  #check(fact: Fact): void {
    const cars = this.#entries.length;
    if (fact.kind === 'row' && fact.row.car >= cars) {
      throw new WireError(`row of car ${fact.row.car} in a race of ${cars}`);
    }
    if (
      fact.kind === 'order' &&
      (fact.from + fact.cars.length > cars || fact.cars.some((car) => car >= cars))
    ) {
      throw new WireError(`order of places ${fact.from}+${fact.cars.length} in a race of ${cars}`);
    }
  }

  /**
   * Swaps a car into its place. After all places of a message this gives the server's order; after a part of them
   * each car still has exactly one place.
   */
  #place(car: number, place: number): void {
    const other = this.#order[place] ?? car;
    const before = this.#places[car] ?? place;
    this.#order[before] = other;
    this.#places[other] = before;
    this.#order[place] = car;
    this.#places[car] = place;
  }

  #fold(fact: Fact): void {
    switch (fact.kind) {
      case 'row':
        this.#rows[fact.row.car] = fact.row;
        break;
      case 'order':
        fact.cars.forEach((car, i) => this.#place(car, fact.from + i));
        break;
      case 'event':
        this.#events = withEvent(this.#events, fact.event);
        if (this.#events.length > 2 * EVENTS_MAX) this.#events = this.#events.slice(-EVENTS_MAX);
        break;
      case 'withdrawn':
        this.#events = withoutEvent(this.#events, fact.event);
        break;
      case 'session':
        this.#session = fact.session;
        break;
      case 'result':
        this.#result = fact.result;
        break;
      case 'lap': // the store keeps these; the tower does not show them
      case 'passing':
      case 'refused':
        break;
    }
  }
}

/**
 * Completes the order so that it has every car once: missing cars follow by grid position, unknown ones are dropped.
 */
function completeOrder(partial: Uint32Array, entries: readonly Entry[]): number[] {
  const listed = new Set(partial);
  const order = [...listed].filter((car) => car < entries.length);
  if (order.length === entries.length) return order;
  const grid = (car: number): number => entries[car]?.grid || Infinity;
  const rest = entries.map((_, car) => car).filter((car) => !listed.has(car));
  return [...order, ...rest.sort((a, b) => (grid(a) === grid(b) ? a - b : grid(a) - grid(b)))];
}

/** The row of a car before its first timing line. */
export function blankRow(car: number): Row {
  return {
    car,
    laps: 0,
    gapMs: 0,
    gapLaps: 0,
    intervalMs: 0,
    intervalLaps: 0,
    lastMs: 0,
    bestMs: 0,
    sectorsMs: [0, 0, 0],
    sectorMarks: [Mark.None, Mark.None, Mark.None],
    lastMark: Mark.None,
    tyre: Tyre.Unknown,
    tyreAgeLaps: 0,
    stops: 0,
    state: CarState.Grid,
    penaltyMs: 0,
    minis: new Uint8Array(0),
    speedTrapKmh: 0,
    bestIsSession: false,
  };
}
