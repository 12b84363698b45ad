import { expect, test } from 'vitest';

import { LineKind } from '../live';
import { along, alongLine, fit, inLane, ring, sectorSpan, stretch, track } from './geometry';

const square = track(
  [
    [0, 0],
    [10, 0],
    [10, 10],
    [0, 10],
  ],
  ([x, y]) => [x, y],
);

test('cars travel along the line and over its end', () => {
  expect(along(square, 0)).toEqual([0, 0]);
  expect(along(square, 0.125)).toEqual([5, 0]);
  expect(along(square, 0.875)).toEqual([0, 5]);
  expect(along(square, 1.25)).toEqual([10, 0]);
  expect(along(square, -0.125)).toEqual([0, 5]);
});

test('the pit lane may cross the finish line', () => {
  expect(inLane(0.95, 0.95, 0.05)).toBeCloseTo(0);
  expect(inLane(0, 0.95, 0.05)).toBeCloseTo(0.5);
  expect(inLane(0.05, 0.95, 0.05)).toBeCloseTo(1);
  expect(alongLine(square, 2)).toEqual([0, 10]);
});

test('an outline fits with its border, north up', () => {
  const place = fit(
    [
      [0, 0],
      [100, 50],
    ],
    220,
    220,
    10,
  );
  expect(place([0, 0])).toEqual([10, 160]);
  expect(place([100, 50])).toEqual([210, 60]);
  expect(ring(8)).toHaveLength(8);
});

test('a sector lies between its lines, the last one up to the finish', () => {
  const at = (kind: LineKind, sector: number, permyriad: number) => ({ kind, sector, permyriad });
  const lines = [at(LineKind.Finish, 0, 0), at(LineKind.Sector, 1, 3000), at(LineKind.Sector, 2, 6500)];
  expect([1, 2, 3].map((n) => sectorSpan(lines, n))).toEqual([
    [0, 0.3],
    [0.3, 0.65],
    [0.65, 1],
  ]);
});

test('a stretch of the track starts and ends between its points', () => {
  expect(stretch(square, 0.125, 0.625)).toEqual([
    [5, 0],
    [10, 0],
    [10, 10],
    [5, 10],
  ]);
});
