import { expect, test } from 'vitest';

import { EventKind, Flag, type Entry } from '../live';
import { sentence } from './sentence';

const entries: Entry[] = [{ number: 7, code: 'AAA', name: 'A', team: 'T', colour: '#fff', grid: 1 }];
const event = { car: 0, lap: 3, timeMs: 1, value: 0, text: '' };

test('events are sentences', () => {
  const say = (kind: EventKind, more = {}): string => sentence({ ...event, kind, ...more }, entries);
  expect(say(EventKind.Retired, { text: 'gearbox' })).toBe('AAA is out (gearbox)');
  expect(say(EventKind.FastestLap, { value: 84_602 })).toBe('AAA sets the fastest lap: 1:24.602');
  expect(say(EventKind.Flag, { value: Flag.Yellow, text: 'sector 2', car: -1 })).toBe(
    'Yellow flag in sector 2',
  );
  expect(say(EventKind.Tyres, { value: 2400, text: 'hard' })).toBe('AAA stops for 2.4 s, hard tyres');
  expect(say(EventKind.Penalty, { value: 5000 })).toBe('AAA gets a penalty of 5 s');
});
