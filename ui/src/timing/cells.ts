import { gap, lapTime, NONE } from '../format';
import { CarState, Mark, Tyre, type BoardView, type Row } from '../live';

/** A row of the tower as text and marks. */
export interface Line {
  readonly car: number;
  readonly position: number;
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
  readonly penaltyMs: number;
  readonly team: string;
  readonly minis: Uint8Array;
  readonly speedTrapKmh: number;
}

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

export function line(board: BoardView, place: number): Line | null {
  const car = board.order[place] ?? -1;
  const entry = board.entries[car];
  const row = board.rows[car];
  if (!entry || !row) return null;
  const out = isOut(row.state);
  const started = row.laps > 0 || row.lastMs > 0 || row.gapMs > 0 || row.sectorsMs[0] > 0;
  const [tyre, tyreName] = TYRES[row.tyre];
  return {
    car,
    position: place + 1,
    gained: entry.grid > 0 && started ? entry.grid - (place + 1) : 0,
    code: entry.code,
    name: entry.name,
    number: entry.number,
    colour: entry.colour,
    interval: out ? NONE : distance(place, started, row.intervalMs, row.intervalLaps, 'Interval'),
    gap: out ? NONE : distance(place, started, row.gapMs, row.gapLaps, 'Leader'),
    last: lapTime(row.lastMs),
    lastMark: row.lastMark,
    best: lapTime(row.bestMs),
    bestMark: row.bestIsSession ? Mark.SessionBest : Mark.None,
    sectors: sectors(row),
    tyre,
    tyreName,
    age: row.tyreAgeLaps,
    stops: row.stops,
    state: row.state,
    laps: row.laps,
    penaltyMs: row.penaltyMs,
    team: entry.team,
    minis: row.minis,
    speedTrapKmh: row.speedTrapKmh,
  };
}

function distance(place: number, started: boolean, ms: number, laps: number, first: string): string {
  if (place === 0) return first === 'Leader' ? 'Leader' : NONE;
  if (!started) return NONE;
  return gap(ms, laps);
}

function sectors(row: Row): Line['sectors'] {
  return row.sectorsMs.map((ms, i) => ({ text: lapTime(ms), mark: row.sectorMarks[i] ?? Mark.None }));
}

/** The gap of a car to the one that is looked at, at their last lines: above it with a minus. */
export function versus(board: BoardView, car: number, selected: number): string {
  const [a, b] = [board.rows[car], board.rows[selected]];
  if (!a || !b || car === selected || isOut(a.state) || isOut(b.state)) return NONE;
  const started = (row: Row): boolean => row.gapMs > 0 || row.gapLaps > 0 || row.car === board.order[0];
  if (!started(a) || !started(b)) return NONE;
  const [ms, laps] = [a.gapMs - b.gapMs, a.gapLaps - b.gapLaps];
  const behind = laps === 0 ? ms : laps;
  return gap(Math.abs(ms), Math.abs(laps)).replace(/^\+?/, behind < 0 ? '−' : '+');
}

/** The car some places further down (or up), or the first where none is selected. */
export function neighbour(board: BoardView, selected: number | null, step: 1 | -1): number | null {
  const at = selected === null ? -1 : board.order.indexOf(selected);
  return board.order[Math.min(Math.max(at + step, 0), board.order.length - 1)] ?? null;
}

/** A car in words, as a screen reader says it: "LEC P3, +1.600". */
export function spoken(board: BoardView, car: number): string {
  const l = line(board, board.order.indexOf(car));
  if (l === null) return '';
  if (isOut(l.state)) return `${l.code} out of the race`;
  const where = l.gap === NONE ? '' : `, ${l.gap}`;
  return `${l.code} P${l.position}${where}${l.state === CarState.Pit ? ', in the pits' : ''}`;
}

/** Above this many cars only the rows in sight are drawn. */
export const WINDOW_FROM = 60;

/** Which rows of a long list are drawn: those in sight, and a few more. */
export function inSight(
  scrolled: number,
  height: number,
  rowHeight: number,
  rows: number,
): readonly [number, number] {
  const from = Math.max(0, Math.floor(scrolled / rowHeight) - 5);
  return [from, Math.min(rows, Math.ceil((scrolled + height) / rowHeight) + 5)];
}

/** The places whose car is looked for, by code, name or number. */
export function found(board: BoardView, text: string): number[] {
  const wanted = text.trim().toLowerCase();
  const places = board.order.map((_, place) => place);
  if (wanted === '') return places;
  return places.filter((place) => {
    const e = board.entries[board.order[place] ?? -1];
    return e && `${e.code} ${e.name} ${e.number} ${e.team}`.toLowerCase().includes(wanted);
  });
}
