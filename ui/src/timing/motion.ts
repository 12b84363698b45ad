/** With more moved rows nothing is animated: the eye cannot follow them. */
const MOVED_MAX = 12;
const SLIDE_MS = 300;
const FADE_MS = 600;

/**
 * How many places each row came from below (above 0) or from above, by its new place; null where too many rows
 * moved.
 */
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

/** What the list rendered last. */
export interface DrawnRows {
  readonly cars: readonly number[];
  /** The first rendered place. */
  readonly first: number;
  readonly snapshots: number;
}

/** Animates overtaking, unless the list was scrolled or replaced by a snapshot. */
export function animateMoves(list: HTMLElement | undefined, was: DrawnRows | null, now: DrawnRows): void {
  const rows = list?.querySelectorAll<HTMLElement>('tr[data-car]');
  if (!was || !rows || was.first !== now.first || was.snapshots !== now.snapshots) return;
  const offsets = moves(was.cars, now.cars);
  if (offsets) slide(rows, offsets);
}

function reducedMotion(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Slides rows from their previous place. */
function slide(rows: ArrayLike<HTMLElement>, offsets: ReadonlyMap<number, number>): void {
  if (offsets.size === 0 || reducedMotion()) return;
  for (const [place, places] of offsets) {
    const row = rows[place];
    if (!row) continue;
    const from = { transform: `translateY(${places * row.offsetHeight}px)` };
    row.animate([from, { transform: 'none' }], { duration: SLIDE_MS, easing: 'ease', composite: 'add' });
  }
}

/** Highlights a changed cell. */
export function fade(cell: HTMLElement): void {
  if (reducedMotion()) return;
  cell.animate([{ backgroundColor: 'rgb(124 196 255 / 28%)' }, { backgroundColor: 'transparent' }], FADE_MS);
}
