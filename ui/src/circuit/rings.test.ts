import { expect, test, vi } from 'vitest';

import { drawRings, rings } from './rings';

const places = new Map<number, readonly [number, number]>([
  [0, [10, 20]],
  [1, [30, 40]],
  [2, [50, 60]],
]);
const positionOf = (car: number) => places.get(car) ?? null;

test('restarted cars get a ring where they are, and cars that are not drawn get none', () => {
  const restarted = new Map([
    [1, 'fresh'],
    [2, 'fading'],
    [9, 'fresh'],
  ] as const);
  expect(rings(positionOf, restarted)).toEqual({ fresh: [[30, 40]], fading: [[50, 60]] });
});

test('rings of a kind are one path, and without restarts nothing is drawn', () => {
  const arc = vi.fn();
  const stroke = vi.fn();
  const g = { beginPath: vi.fn(), moveTo: vi.fn(), arc, stroke, globalAlpha: 1 };
  const canvas = g as unknown as CanvasRenderingContext2D;
  drawRings(canvas, positionOf, new Map(), 'red', 11);
  expect(stroke).not.toHaveBeenCalled();
  drawRings(canvas, positionOf, new Map([...places.keys()].map((car) => [car, 'fresh'] as const)), 'red', 11);
  expect(arc).toHaveBeenCalledTimes(3);
  expect(stroke).toHaveBeenCalledTimes(2);
  expect(g.globalAlpha).toBe(1);
});
