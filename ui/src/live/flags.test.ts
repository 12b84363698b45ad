import { expect, test } from 'vitest';

import { clearedCars, yellowSectors } from './flags';
import { EventKind, Flag, type RaceEvent } from './model';

const flag = (value: Flag, text = ''): RaceEvent => ({
  kind: EventKind.Flag,
  car: -1,
  lap: 1,
  timeMs: 0,
  value,
  text,
  of: 1,
});

test('a yellow flag stays in its sectors until they, or the whole track, are clear', () => {
  const two = [flag(Flag.Yellow, 'sector 2'), flag(Flag.Yellow, 'sector 1')];
  expect(yellowSectors(two, Flag.Yellow)).toEqual([1, 2]);
  expect(yellowSectors([...two, flag(Flag.Clear, 'sector 2')], Flag.Yellow)).toEqual([1]);
  expect(yellowSectors([...two, flag(Flag.Clear)], Flag.Clear)).toEqual([]);
  expect(yellowSectors([...two, flag(Flag.Yellow)], Flag.Yellow)).toEqual([]);
});

test('a stopped car is cleared from the track after a while', () => {
  const out: RaceEvent = {
    kind: EventKind.Retired,
    car: 4,
    lap: 9,
    timeMs: 1000,
    value: 0,
    text: 'gearbox',
    of: 7,
  };
  expect(clearedCars([out], 30_000, 30_000).has(4)).toBe(false);
  expect(clearedCars([out], 31_001, 30_000).has(4)).toBe(true);
});
