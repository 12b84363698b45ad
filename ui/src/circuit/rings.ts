import type { Freshness } from '../live';

type Position = readonly [x: number, y: number];
/** Returns where a car is drawn, or null. */
type PositionOf = (car: number) => Position | null;

/** The radius of a ring in px. */
export const RING_RADIUS = { few: 11, many: 6 } as const;

/** The positions of the rings around restarted cars; fading rings are drawn fainter. */
export function rings(
  positionOf: PositionOf,
  restarted: ReadonlyMap<number, Freshness>,
): Readonly<Record<Freshness, Position[]>> {
  const out: Record<Freshness, Position[]> = { fresh: [], fading: [] };
  for (const [car, freshness] of restarted) {
    const place = positionOf(car);
    if (place) out[freshness].push(place);
  }
  return out;
}

/** Draws all rings of a kind as one path: half of a field of thousands may restart at once. */
export function drawRings(
  g: CanvasRenderingContext2D,
  positionOf: PositionOf,
  restarted: ReadonlyMap<number, Freshness>,
  colour: string,
  radius: number,
): void {
  if (restarted.size === 0) return;
  const found = rings(positionOf, restarted);
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
