import { expect, test } from 'vitest';

import { EventKind, type Fact } from '../live';
import { concerns } from './concerns';

const event = (kind: EventKind): Fact => ({
  kind: 'event',
  event: { kind, car: 0, lap: 1, timeMs: 0, value: 0, text: '', of: 9 },
});

test('driving concerns no list of the desk', () => {
  expect([...concerns([event(EventKind.PitIn), event(EventKind.FastestLap)])]).toEqual([]);
});

test('each list is read anew for what may have changed it', () => {
  expect([...concerns([event(EventKind.Penalty)])]).toEqual(['rulings']);
  expect([...concerns([{ kind: 'passing', seq: 3 }])]).toEqual(['passings', 'rulings']);
  expect([...concerns([{ kind: 'refused', seq: 3, reason: '' }])]).toEqual(['rulings']);
  expect([...concerns(null)]).toEqual(['passings', 'rulings', 'results']);
});
