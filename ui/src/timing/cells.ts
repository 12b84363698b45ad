import { gap, isolate, lapTime, DASH } from '../format';
import { CarState, Mark, Tyre, type BoardView, type Row } from '../live';

/** A row of the tower as text and marks. */
export interface TowerLine {
  readonly car: number;
  /** The place in the tower, from 1. */
  readonly place: number;
  /** The position in the result, if there is one: cars in a dead heat share it. 0: no position. */
  readonly position: number;
  /** Shown instead of a position, as a code and in words. */
  readonly unplaced: Unplaced | null;
  /** Places gained since the grid; 0 for none or without a grid. */
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
  /** The lap on which a car that is out retired, at most the last lap. */
  readonly retiredOnLap: number;
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

/** Why a car has no position: a ruling, or the result. */
function unplaced(board: BoardView, row: Row): Unplaced | null {
  if (row.state === CarState.Disqualified) return DISQUALIFIED;
  if (row.state === CarState.DidNotStart) return DID_NOT_START;
  return board.result?.byCar.get(row.car)?.position === 0 ? NOT_CLASSIFIED : null;
}

const outdatedByBoard = new WeakMap<BoardView, ReadonlySet<number>>();

/**
 * The cars whose gap is smaller than one above them. The gap was taken before they were overtaken, mostly in the
 * pits, and stays wrong until their next timing line. In a large field only places in view are compared, because
 * other rows are out of date.
 */
function outdatedGaps(board: BoardView): ReadonlySet<number> {
  const known = outdatedByBoard.get(board);
  if (known) return known;
  const out = new Set<number>();
  let [laps, ms] = [0, 0];
  for (const car of board.result ? [] : board.order.slice(...board.watchedPlaces)) {
    const row = board.rows[car];
    if (!row || isOut(row.state)) continue;
    if (row.gapLaps < laps || (row.gapLaps === laps && laps === 0 && row.gapMs < ms)) out.add(car);
    else [laps, ms] = [row.gapLaps, row.gapMs];
  }
  outdatedByBoard.set(board, out);
  return out;
}

export function towerLine(board: BoardView, place: number): TowerLine | null {
  const car = board.order[place] ?? -1;
  const entry = board.entries[car];
  const row = board.rows[car];
  if (!entry || !row) return null;
  const gapOutdated = isOut(row.state) || outdatedGaps(board).has(car);
  const started = row.laps > 0 || row.lastMs > 0 || row.gapMs > 0 || row.sectorsMs[0] > 0;
  const [tyre, tyreName] = TYRES[row.tyre];
  const noPosition = unplaced(board, row);
  const position = noPosition ? 0 : (board.result?.byCar.get(car)?.position ?? place + 1);
  return {
    car,
    place: place + 1,
    position,
    unplaced: noPosition,
    gained: entry.grid > 0 && started && position > 0 ? entry.grid - position : 0,
    code: entry.code,
    name: entry.name,
    number: entry.number,
    colour: entry.colour,
    interval: gapOutdated ? DASH : formatGap(place, started, row.intervalMs, row.intervalLaps, 'Interval'),
    gap: gapOutdated ? DASH : formatGap(place, started, row.gapMs, row.gapLaps, 'Leader'),
    last: lapTime(row.lastMs),
    lastMark: row.lastMark,
    best: lapTime(row.bestMs),
    // Only one lap gets the star: the last lap if it is the session best, else the best.
    bestMark: row.bestIsSession && row.lastMark !== Mark.SessionBest ? Mark.SessionBest : Mark.None,
    sectors: sectors(row),
    tyre,
    tyreName,
    age: row.tyreAgeLaps,
    stops: row.stops,
    state: row.state,
    laps: row.laps,
    retiredOnLap: Math.min(row.laps + 1, board.session.laps || Infinity),
    penaltyMs: row.penaltyMs,
    team: entry.team,
    minis: row.minis,
    speedTrapKmh: row.speedTrapKmh,
  };
}

/** The tower line of a car at any place. */
export function towerLineOf(board: BoardView, car: number | null): TowerLine | null {
  return car === null ? null : towerLine(board, board.places[car] ?? -1);
}

function formatGap(place: number, started: boolean, ms: number, laps: number, first: string): string {
  if (place === 0) return first === 'Leader' ? 'Leader' : DASH;
  if (!started) return DASH;
  return gap(ms, laps);
}

function sectors(row: Row): TowerLine['sectors'] {
  return row.sectorsMs.map((ms, i) => ({ text: lapTime(ms), mark: row.sectorMarks[i] ?? Mark.None }));
}

/** The gap from the selected car to another one at their last timing lines; negative for a car ahead. */
export function gapBetween(board: BoardView, car: number, selected: number): string {
  const [a, b] = [board.rows[car], board.rows[selected]];
  if (!a || !b || car === selected || isOut(a.state) || isOut(b.state)) return DASH;
  if ([car, selected].some((one) => outdatedGaps(board).has(one))) return DASH;
  const started = (row: Row): boolean => row.gapMs > 0 || row.gapLaps > 0 || row.car === board.order[0];
  if (!started(a) || !started(b)) return DASH;
  const [ms, laps] = [a.gapMs - b.gapMs, a.gapLaps - b.gapLaps];
  const behind = laps === 0 ? ms : laps;
  return gap(Math.abs(ms), Math.abs(laps)).replace(/^\+?/, behind < 0 ? '−' : '+');
}

/** A car's state for a screen reader: "LEC P3, +1.600". */
export function carAnnouncement(board: BoardView, car: number): string {
  const l = towerLineOf(board, car);
  if (l === null) return '';
  const name = isolate(l.code);
  if (l.unplaced) return `${name} ${l.unplaced[1]}`;
  if (isOut(l.state)) return `${name} out of the race`;
  const gapText = l.gap === DASH ? '' : `, ${l.gap}`;
  return `${name} P${l.position}${gapText}${l.state === CarState.Pit ? ', in the pits' : ''}`;
}
