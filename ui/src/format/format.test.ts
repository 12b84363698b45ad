import { expect, test } from 'vitest';

import { routeOf } from '../router';
import { clock, gap, lapTime, penalty, seconds } from '.';

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
  expect([seconds(2400), seconds(5000), penalty(10_000)]).toEqual(['2.4 s', '5 s', '+10']);
});

test('paths are pages', () => {
  expect(routeOf('/')).toEqual({ page: 'home' });
  expect(routeOf('/race/demo-1/')).toEqual({ page: 'race', id: 'demo-1' });
  expect(routeOf('/race/Demo')).toEqual({ page: 'nowhere' });
});
