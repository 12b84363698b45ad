import { expect, test } from 'vitest';

import { routeOf } from '../router';
import {
  capital,
  characters,
  clock,
  gap,
  isolate,
  lapsInWords,
  lapTime,
  moment,
  parseMoment,
  parseShift,
  penalty,
  seconds,
  shiftSize,
  tooLong,
  took,
} from '.';

test('times are written as on a timing screen', () => {
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
  expect([clock(0), clock(61_000), clock(3_723_000)]).toEqual(['0:00', '1:01', '1:02:03']);
  expect([0, 17, 1234, 2_345_678].map(took)).toEqual(['under 1 µs', '17 µs', '1.2 ms', '2.35 s']);
  expect([seconds(2400), seconds(5000), penalty(10_000)]).toEqual(['2.4 s', '5 s', '+10']);
});

test('paths are pages', () => {
  expect(routeOf('/')).toEqual({ page: 'home' });
  expect(routeOf('/actors')).toEqual({ page: 'actors' });
  expect(routeOf('/race/demo-1/')).toEqual({ page: 'race', id: 'demo-1' });
  expect(routeOf('/race/demo-1/control')).toEqual({ page: 'desk', id: 'demo-1' });
  expect(routeOf('/race/demo-1/history')).toEqual({ page: 'history', id: 'demo-1' });
  expect(routeOf('/race/Demo')).toEqual({ page: 'nowhere' });
  expect(routeOf('/lights/race/demo-1/control', '/lights/')).toEqual({ page: 'desk', id: 'demo-1' });
  expect(routeOf('/lights', '/lights/')).toEqual({ page: 'home' });
  expect(routeOf('/race/demo-1', '/lights/')).toEqual({ page: 'nowhere' });
});

test('a moment of a race is read as it is written', () => {
  for (const [text, us] of [
    ['1:23.456', 83_456_000],
    ['83.456', 83_456_000],
    ['1:02:03.004567', 3_723_004_567],
    ['92', 92_000_000],
    ['0', 0],
  ] as const) {
    expect(parseMoment(text)).toBe(us);
  }
  for (const text of ['', 'x', '1:75', '1:2:3:4', '-5', '1.']) expect(parseMoment(text)).toBeNull();
  expect([moment(83_456_789), moment(0), moment(-1_500_000)]).toEqual(['1:23.456', '0.000', '−1.500']);
});

test('a clock is corrected by seconds, ahead or behind', () => {
  expect(['-0.25', '+1,5', '3', '−0.000001', '0'].map(parseShift)).toEqual([
    -250_000, 1_500_000, 3_000_000, -1, 0,
  ]);
  for (const text of ['', '-', '1:02', '1.2345678', 'x']) expect(parseShift(text)).toBeNull();
  expect([-250_000, 1_500_000, 1].map(shiftSize)).toEqual(['0.250 s', '1.500 s', '0.000001 s']);
});

test('a race says its laps by the distance that is left, and without one', () => {
  const say = (status: string, leader_lap: number, laps: number): string =>
    lapsInWords({ status, leader_lap, laps });
  expect(say('running', 3, 19)).toBe('lap 3 of 19');
  expect(say('running', 3, 0)).toBe('lap 3');
  expect(say('finished', 19, 19)).toBe('19 laps');
  expect(say('finished', 4, 19)).toBe('ended on lap 4 of 19');
  expect(say('finished', 33, 0)).toBe('ended on lap 33');
  expect([say('waiting', 0, 19), say('waiting', 0, 0), say('waiting', 0, 1)]).toEqual([
    '19 laps',
    'by time',
    '1 lap',
  ]);
});

test('names of any script are parts of a sentence', () => {
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
  // What would turn the sentence around is left out, what joins letters is not.
  expect(isolate('\u202eevil\u2069')).toBe('evil');
  expect(isolate('می\u200cخواهم')).toBe('\u2068می\u200cخواهم\u2069');
});

test('a text is cut nowhere, counted in characters, and begins with a whole letter', () => {
  expect([characters('abc'), characters('👍👍'), characters('e\u0301')]).toEqual([3, 2, 2]);
  expect(tooLong('The reason', '👍'.repeat(500), 500)).toBeNull();
  expect(tooLong('The reason', `  ${'a'.repeat(500)}  `, 500)).toBeNull();
  expect(tooLong('The reason', 'ß'.repeat(501), 500)).toBe('The reason has 501 characters: 500 at most');
  expect([capital('lap'), capital('e\u0301a'), capital('👩🏽‍🚀 x'), capital('𞤢𞤣'), capital('')]).toEqual([
    'Lap',
    'E\u0301a',
    '👩🏽‍🚀 x',
    '𞤀𞤣',
    '',
  ]);
});
