import type { Freshness } from '../live';

type Place = readonly [x: number, y: number];
/** Where a car is drawn; null where it is not. */
type PlaceOf = (car: number) => Place | null;

/** How far a ring is from the middle of its car, in px. */
export const RING = { few: 11, many: 6 } as const;

/** A ring round each car that came back a moment ago; those that fade are drawn fainter. */
export function rings(
  placeOf: PlaceOf,
  restarted: ReadonlyMap<number, Freshness>,
): Readonly<Record<Freshness, Place[]>> {
  const out: Record<Freshness, Place[]> = { fresh: [], fading: [] };
  for (const [car, freshness] of restarted) {
    const place = placeOf(car);
    if (place) out[freshness].push(place);
  }
  return out;
}

/** Draws the rings, all of a kind in one path: half of a field of thousands may come back at once. */
export function drawRings(
  g: CanvasRenderingContext2D,
  placeOf: PlaceOf,
  restarted: ReadonlyMap<number, Freshness>,
  colour: string,
  radius: number,
): void {
  if (restarted.size === 0) return;
  const found = rings(placeOf, restarted);
  g.strokeStyle = colour;
  g.lineWidth = 2;
  for (const [freshness, alpha] of [
    ['fresh', 1],
    ['fading', 0.4],
  ] as const) {
    g.globalAlpha = alpha;
    g.beginPath();
    for (const [x, y] of found[freshness]) {
      g.moveTo(x + radius, y);
      g.arc(x, y, radius, 0, 2 * Math.PI);
    }
    g.stroke();
  }
  g.globalAlpha = 1;
}
