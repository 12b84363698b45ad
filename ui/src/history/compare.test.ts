import { expect, test } from 'vitest';

import type { Comparison, Lap, Profile, RaceDetail } from '../api';
import {
  columnsOf,
  distanceNote,
  factsOf,
  fastest,
  firstPair,
  panelsOf,
  parseCarLap,
  placeInWords,
  sectorEnds,
  signed,
  stepFor,
  written,
} from './compare';

const profile = (number: number, more: Partial<Profile> = {}): Profile => ({
  driver_number: number,
  name_acronym: `C${number}`,
  lap_number: 12,
  lap_duration_ms: 84_000 + number,
  compound: 'soft',
  tyre_age: 3,
  distance_from: 'lap_fraction',
  time_ms: [0, 1000, 84_000 + number],
  speed: [100.4, 200, 300],
  throttle: [100, 50, 100],
  brake: [0, 20, 0],
  n_gear: [3, 4, 8],
  ...more,
});
const comparison = (a: Partial<Profile> = {}, b: Partial<Profile> = {}): Comparison => ({
  length_m: 1000,
  step_m: 500,
  distance: [0, 500, 1000],
  a: profile(1, a),
  b: profile(2, b),
  delta_ms: [0, -45, 123],
});
const names = ['A', 'B'] as const;
const style = { a: 'blue', b: 'amber' };

test('what both told has a panel, what one told has one, what nobody told has none', () => {
  expect(panelsOf(comparison(), names, style).map((p) => p.name)).toEqual([
    'Speed',
    'Delta',
    'Throttle',
    'Brake',
    'Gear',
  ]);
  const some = panelsOf(comparison({ brake: null, n_gear: null }, { n_gear: null }), names, style);
  expect(some.map((p) => p.name)).toEqual(['Speed', 'Delta', 'Throttle', 'Brake']);
  expect(some[3]?.plot.lines.map((l) => l.values)).toEqual([
    [null, null, null],
    [0, 20, 0],
  ]);
  expect(some[1]?.plot.lines[0]?.values).toEqual([0, -0.045, 0.123]);
  expect(columnsOf(some).map((c) => c.label)).toEqual([
    'Speed A',
    'Speed B',
    'Delta',
    'Throttle A',
    'Throttle B',
    'Brake A',
    'Brake B',
  ]);
});

test('a place and the laps as a whole are told in words', () => {
  const c = comparison({}, { speed: null, compound: 'unknown' });
  expect(placeInWords(c, 1, names)).toBe('500 m: A 200 km/h, B, delta −0.045 s');
  expect(factsOf(c)).toEqual([
    { name: 'Lap time', a: '1:24.001', b: '1:24.002' },
    { name: 'Tyres', a: 'soft, lap 3', b: '–' },
    { name: 'Fastest', a: '300 km/h', b: '–' },
    { name: 'Slowest', a: '100 km/h', b: '–' },
    { name: 'Full throttle', a: '67 %', b: '67 %' },
    { name: 'On the brakes', a: '33 %', b: '33 %' },
  ]);
  expect([0, 0.1234, -0.045, -0.0001].map(signed)).toEqual(['0.000', '+0.123', '−0.045', '0.000']);
});

test('it is said how distances were worked out, where the cars did not know', () => {
  expect(distanceNote(comparison())).toBeNull();
  expect(distanceNote(comparison({}, { distance_from: 'speed' }))).toContain('speed over time');
  expect(distanceNote(comparison({ distance_from: 'x_y' }, { distance_from: 'speed' }))).toContain(
    ' and speed',
  );
});

test('the first two of the result are compared at their best, and a car alone with itself', () => {
  const car = (driver_number: number, best_lap: number | null) => ({
    driver_number,
    best_lap,
    position: 1,
    laps: 3,
    status: 'finished' as const,
  });
  expect(firstPair([car(7, null), car(1, 9), car(2, 8)])).toEqual([
    { car: 1, lap: 9 },
    { car: 2, lap: 8 },
  ]);
  expect(firstPair([car(1, 9)])?.map(written)).toEqual(['1:9', '1:9']);
  expect(firstPair([car(1, null)])).toBeNull();
  const laps = [
    { lap_number: 1, lap_duration_ms: null },
    { lap_number: 2, lap_duration_ms: 80_000, is_deleted: true },
    { lap_number: 3, lap_duration_ms: 81_000 },
  ] as Lap[];
  expect([fastest(laps), fastest(laps.slice(0, 1)), fastest([])]).toEqual([3, 1, null]);
});

test('addresses and circuits', () => {
  expect(parseCarLap('44:12')).toEqual({ car: 44, lap: 12 });
  expect([parseCarLap('44'), parseCarLap(undefined), parseCarLap('a:1')]).toEqual([null, null, null]);
  const race = {
    lines: [
      { kind: 'finish', sector: 3, permyriad: 0 },
      { kind: 'sector', sector: 1, permyriad: 3000 },
      { kind: 'mini', sector: 0, permyriad: 4000 },
    ],
  } as unknown as RaceDetail;
  expect(sectorEnds(race, 5000)).toEqual([{ at: 1500, name: 'S1' }]);
  expect(stepFor(null)).toBe(10);
  expect(stepFor({ length_m: 1200 } as never)).toBe(2);
  expect(stepFor({ length_m: 300 } as never)).toBe(1);
});
