import { gap, isolate, lapTime, DASH } from '../format';
import { CarState, Mark, Tyre, type BoardView, type Row } from '../live';

/** A row of the tower as text and marks. */
export interface Line {
  readonly car: number;
  /** The row of the tower, from 1. */
  readonly place: number;
  /** As in the result, where there is one: cars of a dead heat share it. 0: none. */
  readonly position: number;
  /** What stands in the place of a position: its code, and in words. */
  readonly unplaced: Unplaced | null;
  /** Places gained since the grid; 0 for none or no grid. */
  readonly gained: number;
  readonly code: string;
  readonly name: string;
  readonly number: number;
  readonly colour: string;
  readonly interval: string;
  readonly gap: string;
  readonly last: string;
  readonly lastMark: Mark;
  readonly best: string;
  readonly bestMark: Mark;
  readonly sectors: readonly { readonly text: string; readonly mark: Mark }[];
  readonly tyre: string;
  readonly tyreName: string;
  readonly age: number;
  readonly stops: number;
  readonly state: CarState;
  readonly laps: number;
  /** The lap that a car that is out was on, never beyond the last. */
  readonly outLap: number;
  readonly penaltyMs: number;
  readonly team: string;
  readonly minis: Uint8Array;
  readonly speedTrapKmh: number;
}

type Unplaced = readonly [code: string, words: string];

const DISQUALIFIED: Unplaced = ['DSQ', 'disqualified'];
const DID_NOT_START: Unplaced = ['DNS', 'did not start'];
const NOT_CLASSIFIED: Unplaced = ['NC', 'not classified'];

const TYRES: Readonly<Record<Tyre, readonly [string, string]>> = {
  [Tyre.Unknown]: ['', ''],
  [Tyre.Soft]: ['S', 'soft'],
  [Tyre.Medium]: ['M', 'medium'],
  [Tyre.Hard]: ['H', 'hard'],
};

/** Whether a car is out of the race. */
export function isOut(state: CarState): boolean {
  return state >= CarState.Retired;
}

/** Why a car has no position: what was ruled on it, or the result gives it none. */
function unplaced(board: BoardView, row: Row): Unplaced | null {
  if (row.state === CarState.Disqualified) return DISQUALIFIED;
  if (row.state === CarState.DidNotStart) return DID_NOT_START;
  return board.result?.byCar.get(row.car)?.position === 0 ? NOT_CLASSIFIED : null;
}

const overtaken = new WeakMap<BoardView, ReadonlySet<number>>();

/**
 * The cars whose gap is less than one above it: it was taken at a line before they were overtaken, in the pits mostly, and
 * is untrue until their next line. Of a large field those in sight are looked at: the rows of others are old.
 */
function overtakenOf(board: BoardView): ReadonlySet<number> {
  const known = overtaken.get(board);
  if (known) return known;
  const out = new Set<number>();
  let [laps, ms] = [0, 0];
  for (const car of board.result ? [] : board.order.slice(...board.watchedPlaces)) {
    const row = board.rows[car];
    if (!row || isOut(row.state)) continue;
    if (row.gapLaps < laps || (row.gapLaps === laps && laps === 0 && row.gapMs < ms)) out.add(car);
    else [laps, ms] = [row.gapLaps, row.gapMs];
  }
  overtaken.set(board, out);
  return out;
}

export function line(board: BoardView, place: number): Line | null {
  const car = board.order[place] ?? -1;
  const entry = board.entries[car];
  const row = board.rows[car];
  if (!entry || !row) return null;
  const untrue = isOut(row.state) || overtakenOf(board).has(car);
  const started = row.laps > 0 || row.lastMs > 0 || row.gapMs > 0 || row.sectorsMs[0] > 0;
  const [tyre, tyreName] = TYRES[row.tyre];
  const none = unplaced(board, row);
  const position = none ? 0 : (board.result?.byCar.get(car)?.position ?? place + 1);
  return {
    car,
    place: place + 1,
    position,
    unplaced: none,
    gained: entry.grid > 0 && started && position > 0 ? entry.grid - position : 0,
    code: entry.code,
    name: entry.name,
    number: entry.number,
    colour: entry.colour,
    interval: untrue ? DASH : distance(place, started, row.intervalMs, row.intervalLaps, 'Interval'),
    gap: untrue ? DASH : distance(place, started, row.gapMs, row.gapLaps, 'Leader'),
    last: lapTime(row.lastMs),
    lastMark: row.lastMark,
    best: lapTime(row.bestMs),
    // The session best is one lap: where it is the last one too, the star stands there alone.
    bestMark: row.bestIsSession && row.lastMark !== Mark.SessionBest ? Mark.SessionBest : Mark.None,
    sectors: sectors(row),
    tyre,
    tyreName,
    age: row.tyreAgeLaps,
    stops: row.stops,
    state: row.state,
    laps: row.laps,
    outLap: Math.min(row.laps + 1, board.session.laps || Infinity),
    penaltyMs: row.penaltyMs,
    team: entry.team,
    minis: row.minis,
    speedTrapKmh: row.speedTrapKmh,
  };
}

/** The line of a car, wherever it is. */
export function lineOf(board: BoardView, car: number | null): Line | null {
  return car === null ? null : line(board, board.places[car] ?? -1);
}

function distance(place: number, started: boolean, ms: number, laps: number, first: string): string {
  if (place === 0) return first === 'Leader' ? 'Leader' : DASH;
  if (!started) return DASH;
  return gap(ms, laps);
}

function sectors(row: Row): Line['sectors'] {
  return row.sectorsMs.map((ms, i) => ({ text: lapTime(ms), mark: row.sectorMarks[i] ?? Mark.None }));
}

/** The gap of a car to the one that is looked at, at their last lines: above it with a minus. */
export function versus(board: BoardView, car: number, selected: number): string {
  const [a, b] = [board.rows[car], board.rows[selected]];
  if (!a || !b || car === selected || isOut(a.state) || isOut(b.state)) return DASH;
  if ([car, selected].some((one) => overtakenOf(board).has(one))) return DASH;
  const started = (row: Row): boolean => row.gapMs > 0 || row.gapLaps > 0 || row.car === board.order[0];
  if (!started(a) || !started(b)) return DASH;
  const [ms, laps] = [a.gapMs - b.gapMs, a.gapLaps - b.gapLaps];
  const behind = laps === 0 ? ms : laps;
  return gap(Math.abs(ms), Math.abs(laps)).replace(/^\+?/, behind < 0 ? '−' : '+');
}

/** A car in words, as a screen reader says it: "LEC P3, +1.600". */
export function spoken(board: BoardView, car: number): string {
  const l = lineOf(board, car);
  if (l === null) return '';
  const who = isolate(l.code);
  if (l.unplaced) return `${who} ${l.unplaced[1]}`;
  if (isOut(l.state)) return `${who} out of the race`;
  const where = l.gap === DASH ? '' : `, ${l.gap}`;
  return `${who} P${l.position}${where}${l.state === CarState.Pit ? ', in the pits' : ''}`;
}
