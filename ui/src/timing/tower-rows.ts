import { type BoardView, type Entry, type Look } from '../live';

/** Above this many cars only the rows in view are rendered. */
export const VIRTUAL_LIST_FROM = 60;

/** The range of rows to render: those in view and five more at each end. */
export function visibleRows(
  scrollTop: number,
  height: number,
  rowHeight: number,
  rows: number,
): readonly [number, number] {
  const from = Math.max(0, Math.floor(scrollTop / rowHeight) - 5);
  return [from, Math.min(rows, Math.ceil((scrollTop + height) / rowHeight) + 5)];
}

/**
 * Rows beyond the rendered ones that are requested from the server, so that they are up to date when they scroll
 * into view.
 */
const LOOK_AHEAD_ROWS = 15;

/** The rows of the tower, or of a search. Only rendered rows are computed. */
export interface TowerRows {
  readonly length: number;
  /** The cars in a range of rows. */
  cars(from: number, to: number): readonly number[];
  /** The row of a car; -1 where it is not listed. */
  indexOf(car: number | null): number;
  /** What to request from the server while these rows are rendered. */
  look(from: number, to: number): Look;
}

export function filterRows(board: BoardView, text: string): TowerRows {
  const query = text.trim().toLowerCase();
  if (query === '') {
    return {
      length: board.order.length,
      cars: (from, to) => board.order.slice(from, to),
      indexOf: (car) => board.places[car ?? -1] ?? -1,
      look: (from, to) => ({
        from: Math.max(0, from - LOOK_AHEAD_ROWS),
        to: Math.min(to + LOOK_AHEAD_ROWS, board.order.length),
        cars: [],
      }),
    };
  }
  const places = Uint32Array.from(matchingCars(board.entries, query), (car) => board.places[car] ?? 0).sort();
  const cars = (from: number, to: number): number[] =>
    Array.from(places.subarray(from, to), (place) => board.order[place] ?? -1);
  return {
    length: places.length,
    cars,
    indexOf: (car) => places.indexOf(board.places[car ?? -1] ?? -1),
    look: (from, to) => ({ from: 0, to: 0, cars: cars(from, to) }),
  };
}

const matchCache = new WeakMap<
  readonly Entry[],
  { readonly query: string; readonly cars: readonly number[] }
>();

/** The cars that match a search by code, name, number or team; cached, because the board changes ten times a second. */
function matchingCars(entries: readonly Entry[], query: string): readonly number[] {
  const before = matchCache.get(entries);
  if (before?.query === query) return before.cars;
  const matches = (e: Entry): boolean =>
    `${e.code} ${e.name} ${e.number} ${e.team}`.toLowerCase().includes(query);
  const cars = entries.flatMap((e, car) => (matches(e) ? car : []));
  matchCache.set(entries, { query, cars });
  return cars;
}

/** The next or previous car among those listed; the first where none of them is selected. */
export function neighbouringCar(
  board: BoardView,
  selected: number | null,
  step: 1 | -1,
  search: string,
): number | null {
  const list = filterRows(board, search);
  const at = list.indexOf(selected);
  const row = Math.min(Math.max(at + step, 0), list.length - 1);
  return list.cars(row, row + 1)[0] ?? selected;
}
