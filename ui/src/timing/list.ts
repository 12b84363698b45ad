import { type BoardView, type Entry, type Look } from '../live';

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

/** So many rows above and below those that are drawn are told, to be right when they come in sight. */
const MARGIN = 15;

/** The rows of the tower, or of the cars that are looked for: asked for as they are drawn, few of a large field. */
export interface Listed {
  readonly length: number;
  /** The cars of some rows. */
  cars(from: number, to: number): readonly number[];
  /** The row of a car; -1: it is not listed. */
  indexOf(car: number | null): number;
  /** What the server is to tell where these rows are drawn. */
  look(from: number, to: number): Look;
}

export function listed(board: BoardView, text: string): Listed {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') {
    return {
      length: board.order.length,
      cars: (from, to) => board.order.slice(from, to),
      indexOf: (car) => board.places[car ?? -1] ?? -1,
      look: (from, to) => ({
        from: Math.max(0, from - MARGIN),
        to: Math.min(to + MARGIN, board.order.length),
        cars: [],
      }),
    };
  }
  const places = Uint32Array.from(matching(board.entries, wanted), (car) => board.places[car] ?? 0).sort();
  const cars = (from: number, to: number): number[] =>
    Array.from(places.subarray(from, to), (place) => board.order[place] ?? -1);
  return {
    length: places.length,
    cars,
    indexOf: (car) => places.indexOf(board.places[car ?? -1] ?? -1),
    look: (from, to) => ({ from: 0, to: 0, cars: cars(from, to) }),
  };
}

const matched = new WeakMap<
  readonly Entry[],
  { readonly wanted: string; readonly cars: readonly number[] }
>();

/** The cars that are looked for, by code, name, number or team: found once, and not with each board. */
function matching(entries: readonly Entry[], wanted: string): readonly number[] {
  const before = matched.get(entries);
  if (before?.wanted === wanted) return before.cars;
  const found = (e: Entry): boolean =>
    `${e.code} ${e.name} ${e.number} ${e.team}`.toLowerCase().includes(wanted);
  const cars = entries.flatMap((e, car) => (found(e) ? car : []));
  matched.set(entries, { wanted, cars });
  return cars;
}

/** The next car (or the one before) among those that are found; the first where none of them is selected. */
export function neighbour(
  board: BoardView,
  selected: number | null,
  step: 1 | -1,
  search: string,
): number | null {
  const list = listed(board, search);
  const at = list.indexOf(selected);
  const row = Math.min(Math.max(at + step, 0), list.length - 1);
  return list.cars(row, row + 1)[0] ?? selected;
}
