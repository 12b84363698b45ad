import { Board, blankRow } from '../live/board';
import type { BoardView, Snapshot } from '../live';
import { readMessage } from '../live/wire';
import { golden } from './golden';

/** The board of the golden snapshot. */
export function board(): BoardView {
  const b = new Board();
  b.replace(readMessage(golden('snapshot')) as Snapshot);
  const view = b.view();
  if (view === null) throw new Error('no board');
  return view;
}

/** The same race with n cars. */
export function manyCars(n: number): BoardView {
  const one = board();
  const entry = one.entries[0];
  if (!entry) throw new Error('no entry');
  return {
    ...one,
    entries: Array.from({ length: n }, (_, i) => ({ ...entry, number: i + 1, code: `C${i}` })),
    rows: Array.from({ length: n }, (_, i) => blankRow(i)),
    order: Array.from({ length: n }, (_, i) => i),
    places: Array.from({ length: n }, (_, i) => i),
    watchedPlaces: [0, n],
  };
}
