import { expect, test } from 'vitest';

import { parseRoute } from '../router';
import {
  capitalise,
  countCharacters,
  raceClock,
  gap,
  isolate,
  lapProgress,
  lapTime,
  raceTime,
  parseRaceTime,
  parseSignedSeconds,
  penaltyChip,
  formatSeconds,
  formatOffset,
  tooLong,
  formatDuration,
} from '.';

test('times are formatted as on a timing screen', () => {
  expect([0, 9_005, 32_512, 92_512, 3_723_004].map(lapTime)).toEqual([
    '–',
    '9.005',
    '32.512',
    '1:32.512',
    '1:02:03.004',
  ]);
  expect([gap(2345, 0), gap(62_345, 0), gap(0, 1), gap(0, 3), gap(45, 0)]).toEqual([
    '+2.345',
    '+1:02.345',
    '1 LAP',
    '3 LAPS',
    '+0.045',
  ]);
  expect([raceClock(0), raceClock(61_000), raceClock(3_723_000)]).toEqual(['0:00', '1:01', '1:02:03']);
  expect([0, 17, 1234, 2_345_678].map(formatDuration)).toEqual(['under 1 µs', '17 µs', '1.2 ms', '2.35 s']);
  expect([formatSeconds(2400), formatSeconds(5000), penaltyChip(10_000)]).toEqual(['2.4 s', '5 s', '+10']);
});

test('paths lead to pages', () => {
  expect(parseRoute('/')).toEqual({ page: 'home' });
  expect(parseRoute('/actors')).toEqual({ page: 'actors' });
  expect(parseRoute('/race/demo-1/')).toEqual({ page: 'race', id: 'demo-1' });
  expect(parseRoute('/race/demo-1/control')).toEqual({ page: 'desk', id: 'demo-1' });
  expect(parseRoute('/race/demo-1/history')).toEqual({ page: 'history', id: 'demo-1' });
  expect(parseRoute('/race/Demo')).toEqual({ page: 'not-found' });
  expect(parseRoute('/lights/race/demo-1/control', '/lights/')).toEqual({ page: 'desk', id: 'demo-1' });
  expect(parseRoute('/lights', '/lights/')).toEqual({ page: 'home' });
  expect(parseRoute('/race/demo-1', '/lights/')).toEqual({ page: 'not-found' });
});

test('a race time is parsed as it is written', () => {
  for (const [text, us] of [
    ['1:23.456', 83_456_000],
    ['83.456', 83_456_000],
    ['1:02:03.004567', 3_723_004_567],
    ['92', 92_000_000],
    ['0', 0],
  ] as const) {
    expect(parseRaceTime(text)).toBe(us);
  }
  for (const text of ['', 'x', '1:75', '1:2:3:4', '-5', '1.']) expect(parseRaceTime(text)).toBeNull();
  expect([raceTime(83_456_789), raceTime(0), raceTime(-1_500_000)]).toEqual(['1:23.456', '0.000', '−1.500']);
});

test('an offset is parsed in seconds, ahead or behind', () => {
  expect(['-0.25', '+1,5', '3', '−0.000001', '0'].map(parseSignedSeconds)).toEqual([
    -250_000, 1_500_000, 3_000_000, -1, 0,
  ]);
  for (const text of ['', '-', '1:02', '1.2345678', 'x']) expect(parseSignedSeconds(text)).toBeNull();
  expect([-250_000, 1_500_000, 1].map(formatOffset)).toEqual(['0.250 s', '1.500 s', '0.000001 s']);
});

test('the progress of a race shows its laps, with and without a distance', () => {
  const text = (status: string, leader_lap: number, laps: number): string =>
    lapProgress({ status, leader_lap, laps });
  expect(text('running', 3, 19)).toBe('lap 3 of 19');
  expect(text('running', 3, 0)).toBe('lap 3');
  expect(text('finished', 19, 19)).toBe('19 laps');
  expect(text('finished', 4, 19)).toBe('ended on lap 4 of 19');
  expect(text('finished', 33, 0)).toBe('ended on lap 33');
  expect([text('waiting', 0, 19), text('waiting', 0, 0), text('waiting', 0, 1)]).toEqual([
    '19 laps',
    'by time',
    '1 lap',
  ]);
});

test('right-to-left names are isolated, others stay as they are', () => {
  expect([isolate('NOR'), isolate('Å. Öz'), isolate('车队'), isolate('👩🏽‍🚀')]).toEqual([
    'NOR',
    'Å. Öz',
    '车队',
    '👩🏽‍🚀',
  ]);
  expect([isolate('سام'), isolate('7 חשמל'), isolate('𞤀𞤁')]).toEqual([
    '\u2068سام\u2069',
    '\u20687 חשמל\u2069',
    '\u2068𞤀𞤁\u2069',
  ]);
  // Direction marks are removed, joiners stay.
  expect(isolate('\u202eevil\u2069')).toBe('evil');
  expect(isolate('می\u200cخواهم')).toBe('\u2068می\u200cخواهم\u2069');
});

test('a text is counted in characters, never cut, and capitalised by whole letters', () => {
  expect([countCharacters('abc'), countCharacters('👍👍'), countCharacters('e\u0301')]).toEqual([3, 2, 2]);
  expect(tooLong('The reason', '👍'.repeat(500), 500)).toBeNull();
  expect(tooLong('The reason', `  ${'a'.repeat(500)}  `, 500)).toBeNull();
  expect(tooLong('The reason', 'ß'.repeat(501), 500)).toBe('The reason has 501 characters: 500 at most');
  expect([
    capitalise('lap'),
    capitalise('e\u0301a'),
    capitalise('👩🏽‍🚀 x'),
    capitalise('𞤢𞤣'),
    capitalise(''),
  ]).toEqual(['Lap', 'E\u0301a', '👩🏽‍🚀 x', '𞤀𞤣', '']);
});
