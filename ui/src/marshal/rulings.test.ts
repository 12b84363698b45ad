import { expect, test } from 'vitest';

import type { Passing, Ruling } from '../api';
import { penaltiesOf, standing } from './rulings';

const ruling = (seq: number, kind: string, more: Partial<Ruling> = {}): Ruling => ({
  seq,
  time_us: 0,
  recorded_at: '',
  kind,
  driver_number: 1,
  detail: '',
  author: 'Ada',
  reason: '',
  of: null,
  undone: false,
  undoable: true,
  refused: null,
  ...more,
});
const passing = (seq: number): Passing => ({ seq }) as Passing;

test('a penalty is served once, and owed again when the serving is undone', () => {
  const given = [ruling(5, 'time'), ruling(6, 'served', { of: 5 })];
  expect(penaltiesOf(given)).toMatchObject([{ servable: false, served: { seq: 6 } }]);
  const undone = [ruling(5, 'time'), ruling(6, 'served', { of: 5, undone: true })];
  expect(penaltiesOf(undone)).toMatchObject([{ servable: true, served: null }]);
});

test('penalties come newest first, without flags and what was refused', () => {
  const list = [
    ruling(1, 'yellow'),
    ruling(2, 'drive_through'),
    ruling(3, 'time', { refused: 'no' }),
    ruling(4, 'disqualified'),
    ruling(5, 'time', { undone: true }),
  ];
  expect(penaltiesOf(list).map((g) => [g.ruling.seq, g.servable])).toEqual([
    [5, false],
    [4, false],
    [2, true],
  ]);
});

test('a passing is as it is for the newest ruling on it, or for the one that made it', () => {
  const list = [
    ruling(10, 'accept', { of: 3 }),
    ruling(11, 'reject', { of: 3 }),
    ruling(12, 'move', { of: 3, undone: true }),
    ruling(13, 'split'),
  ];
  expect(standing(passing(3), list)?.seq).toBe(11);
  expect(standing(passing(13), list)?.seq).toBe(13);
  expect(standing(passing(4), list)).toBeNull();
});
