import type { Point } from '../api';
import { LineKind, type Line } from '../live';

/** A line in canvas coordinates that cars are drawn along. */
export interface Track {
  readonly xs: Float64Array;
  readonly ys: Float64Array;
}

/** Returns the transform from metres, y north, to a canvas, y down, with a margin. */
export function fit(
  points: readonly Point[],
  width: number,
  height: number,
  border: number,
): (p: Point) => [number, number] {
  const xs = points.map((p) => p[0]);
  const ys = points.map((p) => p[1]);
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = Math.min(
    (width - 2 * border) / (right - left || 1),
    (height - 2 * border) / (high - low || 1),
  );
  const x0 = (width - scale * (right - left)) / 2;
  const y0 = (height - scale * (high - low)) / 2;
  return ([x, y]) => [x0 + scale * (x - left), height - y0 - scale * (y - low)];
}

export function track(points: readonly Point[], place: (p: Point) => [number, number]): Track {
  const xs = new Float64Array(points.length);
  const ys = new Float64Array(points.length);
  points.forEach((p, i) => ([xs[i], ys[i]] = place(p)));
  return { xs, ys };
}

/** The point at a fraction of a closed lap. */
export function pointOnLap(t: Track, fraction: number): [number, number] {
  const n = t.xs.length;
  const at = (((fraction % 1) + 1) % 1) * n;
  return between(t, Math.floor(at) % n, (Math.floor(at) + 1) % n, at % 1);
}

/** The point at a fraction (0 to 1) of an open line. */
export function pointOnLine(t: Track, fraction: number): [number, number] {
  const last = t.xs.length - 1;
  const at = Math.min(Math.max(fraction, 0), 1) * last;
  const i = Math.min(Math.floor(at), last - 1);
  return between(t, i, i + 1, at - i);
}

function between(t: Track, i: number, j: number, fraction: number): [number, number] {
  const [xi, yi, xj, yj] = [t.xs[i] ?? 0, t.ys[i] ?? 0, t.xs[j] ?? 0, t.ys[j] ?? 0];
  return [xi + (xj - xi) * fraction, yi + (yj - yi) * fraction];
}

/** The fractions of the lap between which a sector (from 1) lies. */
export function sectorSpan(lines: readonly Line[], sector: number): readonly [from: number, to: number] {
  const end = (n: number, otherwise: number): number => {
    const line = lines.find((l) => l.kind === LineKind.Sector && l.sector === n);
    return line ? line.permyriad / 10_000 : otherwise;
  };
  return [sector > 1 ? end(sector - 1, 0) : 0, end(sector, 1)];
}

/** The points of a lap between two fractions. */
export function lapSection(t: Track, from: number, to: number): [number, number][] {
  const n = t.xs.length;
  const out = [pointOnLap(t, from)];
  for (let i = Math.ceil(from * n); i < to * n && i < n; i++) out.push([t.xs[i] ?? 0, t.ys[i] ?? 0]);
  return [...out, pointOnLap(t, to)];
}

/** Converts a fraction of the lap to a fraction of the pit lane, which may cross the finish line. */
export function pitLaneFraction(fraction: number, entry: number, exit: number): number {
  const span = (exit - entry + 1) % 1 || 1;
  return Math.min(1, ((fraction - entry + 1) % 1) / span);
}

/** An oval for races of which only the timing lines are known. */
export function ring(n: number): Point[] {
  return Array.from({ length: n }, (_, i) => {
    const a = Math.PI / 2 - (i / n) * 2 * Math.PI;
    return [Math.cos(a) * 1.6, Math.sin(a)] as const;
  });
}

export function viewBox(points: readonly Point[]): string {
  const xs = points.map((p) => p[0]);
  const ys = points.map((p) => -p[1]);
  const border = 30;
  const [left, top] = [Math.min(...xs) - border, Math.min(...ys) - border];
  return `${left} ${top} ${Math.max(...xs) + border - left} ${Math.max(...ys) + border - top}`;
}

export function svgPath(points: readonly Point[]): string {
  return `M${points.map(([x, y]) => `${x} ${-y}`).join('L')}Z`;
}

/** The point at a fraction of the lap of an outline, in metres. */
export function pointAtFraction(points: readonly Point[], fraction: number): Point {
  return pointOnLap(
    track(points, ([x, y]) => [x, y]),
    fraction,
  );
}
