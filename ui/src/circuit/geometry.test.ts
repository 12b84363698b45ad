import { expect, test } from 'vitest';

import { LineKind } from '../live';
import {
  pointOnLap,
  pointOnLine,
  fit,
  pitLaneFraction,
  ring,
  sectorSpan,
  lapSection,
  track,
} from './geometry';

const square = track(
  [
    [0, 0],
    [10, 0],
    [10, 10],
    [0, 10],
  ],
  ([x, y]) => [x, y],
);

test('a position on the lap wraps around at the finish line', () => {
  expect(pointOnLap(square, 0)).toEqual([0, 0]);
  expect(pointOnLap(square, 0.125)).toEqual([5, 0]);
  expect(pointOnLap(square, 0.875)).toEqual([0, 5]);
  expect(pointOnLap(square, 1.25)).toEqual([10, 0]);
  expect(pointOnLap(square, -0.125)).toEqual([0, 5]);
});

test('the pit lane may cross the finish line', () => {
  expect(pitLaneFraction(0.95, 0.95, 0.05)).toBeCloseTo(0);
  expect(pitLaneFraction(0, 0.95, 0.05)).toBeCloseTo(0.5);
  expect(pitLaneFraction(0.05, 0.95, 0.05)).toBeCloseTo(1);
  expect(pointOnLine(square, 2)).toEqual([0, 10]);
});

test('an outline is fitted inside its margin, north up', () => {
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

test('a sector lies between its timing lines, the last one ends at the finish line', () => {
  const at = (kind: LineKind, sector: number, permyriad: number) => ({ kind, sector, permyriad });
  const lines = [at(LineKind.Finish, 0, 0), at(LineKind.Sector, 1, 3000), at(LineKind.Sector, 2, 6500)];
  expect([1, 2, 3].map((n) => sectorSpan(lines, n))).toEqual([
    [0, 0.3],
    [0.3, 0.65],
    [0.65, 1],
  ]);
});

test('a section of the lap may start and end between two outline points', () => {
  expect(lapSection(square, 0.125, 0.625)).toEqual([
    [5, 0],
    [10, 0],
    [10, 10],
    [5, 10],
  ]);
});
