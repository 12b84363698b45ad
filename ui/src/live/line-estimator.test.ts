import { expect, test } from 'vitest';

import { blankRow } from './board';
import { LineEstimator } from './line-estimator';
import { CarState, LineKind, type RaceInfo, type Row } from './model';

const race = { lines: [{ kind: LineKind.Finish, sector: 0, permyriad: 0 }] } as unknown as RaceInfo;
const row = (car: number, laps: number, gapMs: number): Row => ({
  ...blankRow(car),
  laps,
  gapMs,
  lastMs: 100_000,
  state: CarState.Running,
});

function fractions(estimator: LineEstimator, timeUs: number): number[] {
  const fractions = new Float64Array(estimator.cars);
  estimator.sample(timeUs, fractions, new Uint8Array(estimator.cars));
  return Array.from(fractions, (f) => Math.round(f * 100));
}

test('after joining, the cars on the map are as far apart as their gaps', () => {
  const estimator = new LineEstimator(race, 4);
  // The leader and one other car have crossed the line, two are still on the lap before.
  estimator.start([row(0, 5, 0), row(1, 5, 10_000), row(2, 4, 40_000), row(3, 4, 60_000)], [0, 1, 2, 3], 0);
  expect(fractions(estimator, 0)).toEqual([10, 0, 70, 50]);
  expect(fractions(estimator, 20_000_000)).toEqual([30, 20, 90, 70]);
  estimator.observe(row(2, 5, 40_000), 30_000_000);
  expect(fractions(estimator, 30_000_000)).toEqual([40, 30, 0, 80]);
});
