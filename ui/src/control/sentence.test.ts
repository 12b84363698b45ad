import { expect, test } from 'vitest';

import { splitIsolated } from '../format';
import { EventKind, Flag, NO_CAR, ResultStatus, type Entry } from '../live';
import { feedItems } from './feed';
import { recoverySentence, eventSentence } from './sentence';

const entries: Entry[] = [{ number: 7, code: 'AAA', name: 'A', team: 'T', colour: '#fff', grid: 1 }];
const event = { car: 0, lap: 3, timeMs: 1, value: 0, text: '', of: 0 };

test('events become sentences', () => {
  const sentenceOf = (kind: EventKind, more = {}): string =>
    eventSentence({ ...event, kind, ...more }, entries);
  expect(sentenceOf(EventKind.Retired, { text: 'gearbox' })).toBe('AAA is out (gearbox)');
  expect(sentenceOf(EventKind.FastestLap, { value: 84_602 })).toBe('AAA sets the fastest lap: 1:24.602');
  expect(sentenceOf(EventKind.Flag, { value: Flag.Yellow, text: 'sector 2', car: -1 })).toBe(
    'Yellow flag in sector 2',
  );
  expect(sentenceOf(EventKind.Tyres, { value: 2400, text: 'hard' })).toBe('AAA stops for 2.4 s, hard tyres');
  expect(sentenceOf(EventKind.Penalty, { value: 5000 })).toBe('AAA gets a penalty of 5 s');
});

test('a result says whether it is final, and who leads or wins', () => {
  const sentenceOf = (value: ResultStatus, car = 0): string =>
    eventSentence({ ...event, kind: EventKind.Result, value, car }, entries);
  expect(sentenceOf(ResultStatus.Provisional)).toBe('Provisional result: AAA leads');
  expect(sentenceOf(ResultStatus.Final)).toBe('The result is final: AAA wins');
  expect(sentenceOf(ResultStatus.Amended)).toBe('The result was amended: AAA wins');
  expect(sentenceOf(ResultStatus.Final, NO_CAR)).toBe('The result is final: no car is classified');
});

test('the chequered flag names its car, and the whole field after a countback', () => {
  const sentenceOf = (more: object): string =>
    eventSentence({ ...event, kind: EventKind.Chequered, ...more }, entries);
  expect(sentenceOf({})).toBe('Chequered flag for AAA');
  expect(sentenceOf({ car: NO_CAR, text: 'counted back' })).toBe('The race ends, counted back');
});

test('right-to-left names stay whole and the words around them in place', () => {
  const cars = [{ ...entries[0], code: 'سام' } as Entry, { ...entries[0], code: 'Åsa\u2069\u202e' } as Entry];
  const retired = { ...event, kind: EventKind.Retired, text: 'חשמל' };
  expect(eventSentence(retired, cars)).toBe('\u2068سام\u2069 is out (\u2068חשמל\u2069)');
  expect(splitIsolated(eventSentence(retired, cars)).map((part) => [part.text, part.isolated])).toEqual([
    ['سام', true],
    [' is out (', false],
    ['חשמל', true],
    [')', false],
  ]);
  expect(eventSentence({ ...event, kind: EventKind.Leader, car: 1 }, cars)).toBe('Åsa takes the lead');
});

test('recoveries become sentences', () => {
  const r = { kind: 'car', actors: 12, listed: 12, slowestUs: 1234, reason: 'killed in a drill' };
  expect(recoverySentence(r)).toBe('12 cars restarted, slowest 1.2 ms');
  expect(recoverySentence({ ...r, actors: 1, listed: 1 })).toBe(
    '1 car restarted in 1.2 ms (killed in a drill)',
  );
  expect(recoverySentence({ ...r, kind: 'timekeeper', actors: 1, reason: '' })).toBe(
    'The timekeeper restarted in 1.2 ms',
  );
  expect(recoverySentence({ ...r, kind: '', actors: 5000, listed: 100 })).toBe(
    '5,000 actors restarted, slowest of the newest 100: 1.2 ms',
  );
});

test('recoveries are sorted into the events by race time and take none of their places', () => {
  const events = [5, 30, 60, 90].map((timeMs) => ({ ...event, kind: EventKind.Flag, timeMs, of: timeMs }));
  const line = { kind: 'car', actors: 1, listed: 1, slowestUs: 1, reason: '' };
  const lines = [59, 60, 100].map((timeMs, id) => ({ ...line, id, timeMs }));
  const items = feedItems({ events, lines, eventsMax: 3 });
  const keys = (of: ReturnType<typeof feedItems>): string[] => of.map((item) => item.key);
  expect(keys(items)).toEqual(['o2', 'e1.90.0', 'e1.60.0', 'o1', 'o0', 'e1.30.0']);
  expect(feedItems({ events: [], lines: [], eventsMax: 3 })).toEqual([]);
});
