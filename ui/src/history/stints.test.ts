import { expect, test } from 'vitest';

import type { Lap, PitStop } from '../api';
import { stintText, stintsOf } from './stints';

const lap = (number: number, compound: Lap['compound'], age: number): Lap => ({
  driver_number: 1,
  lap_number: number,
  lap_duration_ms: 90_000,
  end_ms: number * 90_000,
  position: 1,
  compound,
  tyre_age: age,
  is_pit_in_lap: false,
  is_pit_out_lap: false,
  is_deleted: false,
  mark: 'slower',
  passing: 0,
});
const stop = (number: number, onLap: number, stationary: number | null = 2400): PitStop => ({
  stop: number,
  driver_number: 1,
  lap: onLap,
  time_ms: 0,
  pit_lane_ms: 22_140,
  stationary_ms: stationary,
});

test('a stint ends where the compound changes or the tyre age drops', () => {
  const laps = [
    lap(1, 'soft', 4),
    lap(2, 'soft', 5),
    lap(3, 'medium', 1),
    lap(4, 'medium', 2),
    lap(5, 'medium', 1),
  ];
  const stints = stintsOf(laps, [stop(1, 3), stop(2, 4, null)]);
  expect(stints.map(({ compound, from, to, age }) => [compound, from, to, age])).toEqual([
    ['soft', 1, 2, 3],
    ['medium', 3, 4, 0],
    ['medium', 5, 5, 0],
  ]);
  expect(stints.map((s) => s.stop?.stop ?? null)).toEqual([1, 2, null]);
  expect(stints.map(stintText)).toEqual([
    'Laps 1 to 2 on soft, 3 laps old, then 22.1 s in the pit lane, 2.4 s stationary.',
    'Laps 3 to 4 on medium, then 22.1 s in the pit lane.',
    'Lap 5 on medium.',
  ]);
});

test('with unknown tyres a stint lasts from stop to stop', () => {
  const laps = [1, 2, 3, 4, 5, 6].map((n) => lap(n, 'unknown', 0));
  expect(stintsOf(laps, []).map((s) => [s.from, s.to])).toEqual([[1, 6]]);
  const out = laps.map((l) => ({ ...l, is_pit_out_lap: l.lap_number === 4 }));
  const stints = stintsOf(out, [stop(1, 4, null)]);
  expect(stints.map((s) => [s.from, s.to, s.stop?.stop ?? null])).toEqual([
    [1, 3, 1],
    [4, 6, null],
  ]);
  expect(stints.map(stintText)[1]).toBe('Laps 4 to 6, tyres unknown.');
});

test('tyre ages that start after the first stop split the stints there', () => {
  const ages = [0, 0, 1, 2, 1, 2];
  const laps = ages.map((age, i) => ({ ...lap(i + 1, 'unknown', age), is_pit_out_lap: age === 1 }));
  expect(stintsOf(laps, []).map((s) => [s.from, s.to, s.age])).toEqual([
    [1, 2, 0],
    [3, 4, 0],
    [5, 6, 0],
  ]);
});

test('a compound without a tyre age makes one stint', () => {
  const laps = [1, 2, 3].map((n) => lap(n, n < 3 ? 'soft' : 'hard', 0));
  expect(stintsOf(laps, []).map((s) => [s.compound, s.from, s.to])).toEqual([
    ['soft', 1, 2],
    ['hard', 3, 3],
  ]);
});

test('a car without a completed lap has no stint', () => {
  expect(stintsOf([], [stop(1, 1)])).toEqual([]);
  expect(stintsOf([lap(1, 'unknown', 0)], []).map(stintText)).toEqual(['Lap 1, tyres unknown.']);
});
