import { compareEvents, nameOf, withEvent, without } from './events';
import { WireError } from './items';
import type { Entry, Fact, Facts, SessionStatus, RaceEvent, RaceInfo, Result, Row, Snapshot } from './model';
import { CarState, Flag, LARGE_FROM, Mark, Status, Tyre } from './model';

/** The events that a board remembers, as race.EventsMax. */
export const EVENTS_MAX = 500;

/** A board at one moment. Whoever holds one may keep it: nothing in it changes. */
export interface BoardView {
  readonly race: RaceInfo;
  readonly entries: readonly Entry[];
  readonly seq: number;
  readonly timeUs: number;
  readonly session: SessionStatus;
  /** By car. */
  readonly rows: readonly Row[];
  /** Cars by position, each once. In a large field only the places in sight are as they are now. */
  readonly order: readonly number[];
  /** By car: its place in the order. */
  readonly places: readonly number[];
  /** The places that are looked at, the second not among them: in a field that is not large all. */
  readonly sight: readonly [from: number, to: number];
  /** By time, kind, car and record, each name once; the newest. */
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

/** The timing tower as the fold of a race's facts; race/board.go is its twin. */
export class Board {
  #race: RaceInfo | null = null;
  #entries: readonly Entry[] = [];
  #seq = 0;
  #timeUs = 0;
  #session: SessionStatus = BEFORE_START;
  #rows: Row[] = [];
  #order: number[] = [];
  #places: number[] = [];
  #sight: readonly [number, number] = [0, 0];
  #events: readonly RaceEvent[] = [];
  #result: Result | null = null;

  /** The last record that is in here; 0 before the first snapshot. */
  get seq(): number {
    return this.#race === null ? 0 : this.#seq;
  }

  get race(): RaceInfo | null {
    return this.#race;
  }

  /** Whether the field is so large that the server tells only of what is looked at. */
  get large(): boolean {
    return this.#entries.length >= LARGE_FROM;
  }

  get session(): SessionStatus {
    return this.#session;
  }

  /** Replaces everything, also by an older snapshot: what the server holds is what happened. */
  replace(s: Snapshot): void {
    this.#race = s.race;
    this.#entries = s.entries;
    this.#seq = s.seq;
    this.#timeUs = s.timeUs;
    this.#session = s.session;
    this.#rows = s.entries.map((_, car) => s.rows[car] ?? blankRow(car));
    this.#order = wholeOrder(s.order, s.entries);
    this.#places = new Array<number>(s.entries.length);
    this.#order.forEach((car, place) => (this.#places[car] = place));
    if (!this.large) this.#sight = [0, s.entries.length];
    this.#events = [...new Map(s.events.map((e) => [nameOf(e), e])).values()].sort(compareEvents);
    this.#result = s.result;
  }

  /** Notes which places of a large field are told from now on. */
  look(from: number, to: number): void {
    this.#sight = [from, to];
  }

  /**
   * Folds facts in and says whether they were news. Throws WireError before anything changed. What is newly looked
   * at in a large field comes with the seq that was seen last.
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
      sight: this.#sight,
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
   * Puts a car in its place and the one that was there in the car's place before. Once all places of a message are told
   * this is just what it says, and where it says a part each car still has one place.
   */
  #put(car: number, place: number): void {
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
        fact.cars.forEach((car, i) => this.#put(car, fact.from + i));
        break;
      case 'event':
        this.#events = withEvent(this.#events, fact.event);
        if (this.#events.length > 2 * EVENTS_MAX) this.#events = this.#events.slice(-EVENTS_MAX);
        break;
      case 'withdrawn':
        this.#events = without(this.#events, fact.event);
        break;
      case 'session':
        this.#session = fact.session;
        break;
      case 'result':
        this.#result = fact.result;
        break;
      case 'lap': // history, kept by the server's store
      case 'passing':
      case 'refused':
        break;
    }
  }
}

/** The order with every car in it, once: those it does not name follow by grid, and unknown cars are left out. */
function wholeOrder(told: Uint32Array, entries: readonly Entry[]): number[] {
  const named = new Set(told);
  const order = [...named].filter((car) => car < entries.length);
  if (order.length === entries.length) return order;
  const grid = (car: number): number => entries[car]?.grid || Infinity;
  const rest = entries.map((_, car) => car).filter((car) => !named.has(car));
  return [...order, ...rest.sort((a, b) => (grid(a) === grid(b) ? a - b : grid(a) - grid(b)))];
}

/** A car of which nothing was told yet. */
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
