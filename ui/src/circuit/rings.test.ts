import { expect, test, vi } from 'vitest';

import { drawRings, rings } from './rings';

const places = new Map<number, readonly [number, number]>([
  [0, [10, 20]],
  [1, [30, 40]],
  [2, [50, 60]],
]);
const placeOf = (car: number) => places.get(car) ?? null;

test('cars that came back are ringed where they are, and those that are not shown are not', () => {
  const restarted = new Map([
    [1, 'fresh'],
    [2, 'fading'],
    [9, 'fresh'],
  ] as const);
  expect(rings(placeOf, restarted)).toEqual({ fresh: [[30, 40]], fading: [[50, 60]] });
});

test('rings are drawn in one path of each kind, and nothing is drawn where nobody came back', () => {
  const arc = vi.fn();
  const stroke = vi.fn();
  const g = { beginPath: vi.fn(), moveTo: vi.fn(), arc, stroke, globalAlpha: 1 };
  const canvas = g as unknown as CanvasRenderingContext2D;
  drawRings(canvas, placeOf, new Map(), 'red', 11);
  expect(stroke).not.toHaveBeenCalled();
  drawRings(canvas, placeOf, new Map([...places.keys()].map((car) => [car, 'fresh'] as const)), 'red', 11);
  expect(arc).toHaveBeenCalledTimes(3);
  expect(stroke).toHaveBeenCalledTimes(2);
  expect(g.globalAlpha).toBe(1);
});
