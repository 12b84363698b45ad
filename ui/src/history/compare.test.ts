import { expect, test } from 'vitest';

import type { Comparison, Lap, Profile, RaceDetail } from '../api';
import {
  tableColumns,
  distanceNote,
  lapSummary,
  fastestLap,
  defaultPair,
  comparisonPanels,
  parseCarLap,
  describePlace,
  sectorEnds,
  signedSeconds,
  stepFor,
  carLapText,
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
const colours = { a: 'blue', b: 'amber' };

test('a channel gets a panel if at least one car reported it', () => {
  expect(comparisonPanels(comparison(), names, colours).map((p) => p.name)).toEqual([
    'Speed',
    'Delta',
    'Throttle',
    'Brake',
    'Gear',
  ]);
  const some = comparisonPanels(comparison({ brake: null, n_gear: null }, { n_gear: null }), names, colours);
  expect(some.map((p) => p.name)).toEqual(['Speed', 'Delta', 'Throttle', 'Brake']);
  expect(some[3]?.plot.lines.map((l) => l.values)).toEqual([
    [null, null, null],
    [0, 20, 0],
  ]);
  expect(some[1]?.plot.lines[0]?.values).toEqual([0, -0.045, 0.123]);
  expect(tableColumns(some).map((c) => c.label)).toEqual([
    'Speed A',
    'Speed B',
    'Delta',
    'Throttle A',
    'Throttle B',
    'Brake A',
    'Brake B',
  ]);
});

test('a place and both laps are described in words', () => {
  const c = comparison({}, { speed: null, compound: 'unknown' });
  expect(describePlace(c, 1, names)).toBe('500 m: A 200 km/h, B, delta −0.045 s');
  expect(lapSummary(c)).toEqual([
    { name: 'Lap time', a: '1:24.001', b: '1:24.002' },
    { name: 'Tyres', a: 'soft, lap 3', b: '–' },
    { name: 'Fastest', a: '300 km/h', b: '–' },
    { name: 'Slowest', a: '100 km/h', b: '–' },
    { name: 'Full throttle', a: '67 %', b: '67 %' },
    { name: 'On the brakes', a: '33 %', b: '33 %' },
  ]);
  expect([0, 0.1234, -0.045, -0.0001].map(signedSeconds)).toEqual(['0.000', '+0.123', '−0.045', '0.000']);
});

test('a note says how distances were computed where the cars did not report them', () => {
  expect(distanceNote(comparison())).toBeNull();
  expect(distanceNote(comparison({}, { distance_from: 'speed' }))).toContain('speed over time');
  expect(distanceNote(comparison({ distance_from: 'x_y' }, { distance_from: 'speed' }))).toContain(
    ' and speed',
  );
});

test('by default the first two of the result are compared at their best, or a single car with itself', () => {
  const car = (driver_number: number, best_lap: number | null) => ({
    driver_number,
    best_lap,
    position: 1,
    laps: 3,
    status: 'finished' as const,
  });
  expect(defaultPair([car(7, null), car(1, 9), car(2, 8)])).toEqual([
    { car: 1, lap: 9 },
    { car: 2, lap: 8 },
  ]);
  expect(defaultPair([car(1, 9)])?.map(carLapText)).toEqual(['1:9', '1:9']);
  expect(defaultPair([car(1, null)])).toBeNull();
  const laps = [
    { lap_number: 1, lap_duration_ms: null },
    { lap_number: 2, lap_duration_ms: 80_000, is_deleted: true },
    { lap_number: 3, lap_duration_ms: 81_000 },
  ] as Lap[];
  expect([fastestLap(laps), fastestLap(laps.slice(0, 1)), fastestLap([])]).toEqual([3, 1, null]);
});

test('a lap is parsed from the address, and the circuit gives sectors and step', () => {
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
