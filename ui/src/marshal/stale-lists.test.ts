import { expect, test } from 'vitest';

import { EventKind, type Fact } from '../live';
import { staleLists } from './stale-lists';

const event = (kind: EventKind): Fact => ({
  kind: 'event',
  event: { kind, car: 0, lap: 1, timeMs: 0, value: 0, text: '', of: 9 },
});

test('events that follow from driving make no list of the desk stale', () => {
  expect([...staleLists([event(EventKind.PitIn), event(EventKind.FastestLap)])]).toEqual([]);
});

test('each fact makes the lists stale that it may have changed', () => {
  expect([...staleLists([event(EventKind.Penalty)])]).toEqual(['rulings']);
  expect([...staleLists([{ kind: 'passing', seq: 3 }])]).toEqual(['passings', 'rulings']);
  expect([...staleLists([{ kind: 'refused', seq: 3, reason: '' }])]).toEqual(['rulings']);
  expect([...staleLists(null)]).toEqual(['passings', 'rulings', 'results']);
});
