/** More rows than this do not move: the eye cannot follow them. */
const MOVED_MAX = 12;
const SLIDE_MS = 300;
const FADE_MS = 600;

/** How many places each row came from below (above 0) or above; null where too many moved. By place. */
export function moves(
  before: readonly number[],
  after: readonly number[],
): ReadonlyMap<number, number> | null {
  const was = new Map(before.map((car, place) => [car, place]));
  const out = new Map<number, number>();
  after.forEach((car, place) => {
    const from = was.get(car);
    if (from !== undefined && from !== place) out.set(place, from - place);
  });
  return out.size > MOVED_MAX ? null : out;
}

/** What the list showed the last time it was drawn. */
export interface Drawn {
  readonly cars: readonly number[];
  /** The first place that is drawn. */
  readonly first: number;
  readonly snapshots: number;
}

/** Lets the rows slide whose cars overtook; not where the list was scrolled or replaced by a snapshot. */
export function follow(list: HTMLElement | undefined, was: Drawn | null, now: Drawn): void {
  const rows = list?.querySelectorAll<HTMLElement>('tr[data-car]');
  if (!was || !rows || was.first !== now.first || was.snapshots !== now.snapshots) return;
  const by = moves(was.cars, now.cars);
  if (by) slide(rows, by);
}

function still(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Lets rows slide from where they were. */
function slide(rows: ArrayLike<HTMLElement>, by: ReadonlyMap<number, number>): void {
  if (by.size === 0 || still()) return;
  for (const [place, places] of by) {
    const row = rows[place];
    if (!row) continue;
    const from = { transform: `translateY(${places * row.offsetHeight}px)` };
    row.animate([from, { transform: 'none' }], { duration: SLIDE_MS, easing: 'ease', composite: 'add' });
  }
}

/** Shows that a cell has a new value. */
export function fade(cell: HTMLElement): void {
  if (still()) return;
  cell.animate([{ backgroundColor: 'rgb(124 196 255 / 28%)' }, { backgroundColor: 'transparent' }], FADE_MS);
}
