import { expect, test } from 'vitest';

import { routeOf } from '../router';
import { clock, gap, lapTime, moment, parseMoment, penalty, seconds, took } from '.';

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
