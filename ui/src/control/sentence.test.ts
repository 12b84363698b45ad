import { expect, test } from 'vitest';

import { EventKind, Flag, type Entry } from '../live';
import { newestFirst } from './feed';
import { recovered, sentence } from './sentence';

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

test('recoveries are sentences too', () => {
  const r = { kind: 'car', actors: 12, seen: 12, slowestUs: 1234, reason: 'killed in a drill' };
  expect(recovered(r)).toBe('12 cars restarted, slowest 1.2 ms');
  expect(recovered({ ...r, actors: 1, seen: 1 })).toBe('1 car restarted in 1.2 ms (killed in a drill)');
  expect(recovered({ ...r, kind: 'timekeeper', actors: 1, reason: '' })).toBe(
    'The timekeeper restarted in 1.2 ms',
  );
  expect(recovered({ ...r, kind: '', actors: 5000, seen: 100 })).toBe(
    '5,000 actors restarted, slowest of the newest 100: 1.2 ms',
  );
});

test('recoveries stand among the messages by the time of the race, and take none of their places', () => {
  const events = [5, 60, 30, 90].map((timeMs) => ({ ...event, kind: EventKind.Start, timeMs }));
  const line = { kind: 'car', actors: 1, seen: 1, slowestUs: 1, reason: '' };
  const lines = [59, 60, 100].map((timeMs, id) => ({ ...line, id, timeMs }));
  const items = newestFirst({ events, eventsSeen: 14, lines, most: 3 });
  expect(items.map((item) => item.key)).toEqual(['o2', 'e13', 'o1', 'o0', 'e12', 'e11']);
  expect(newestFirst({ events: [], eventsSeen: 0, lines: [], most: 3 })).toEqual([]);
});
