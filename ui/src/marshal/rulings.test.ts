import { expect, test } from 'vitest';

import type { Passing, Ruling } from '../api';
import { penaltiesFrom, rulingInForce } from './rulings';

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

test('a penalty is served once, and due again when that is undone', () => {
  const penalties = [ruling(5, 'time'), ruling(6, 'served', { of: 5 })];
  expect(penaltiesFrom(penalties)).toMatchObject([{ servable: false, served: { seq: 6 } }]);
  const undone = [ruling(5, 'time'), ruling(6, 'served', { of: 5, undone: true })];
  expect(penaltiesFrom(undone)).toMatchObject([{ servable: true, served: null }]);
});

test('penalties are listed newest first, without flags and refused ones', () => {
  const list = [
    ruling(1, 'yellow'),
    ruling(2, 'drive_through'),
    ruling(3, 'time', { refused: 'no' }),
    ruling(4, 'disqualified'),
    ruling(5, 'time', { undone: true }),
  ];
  expect(penaltiesFrom(list).map((g) => [g.ruling.seq, g.servable])).toEqual([
    [5, false],
    [4, false],
    [2, true],
  ]);
});

test('the ruling in force on a passing is the newest on it, or the one that created it', () => {
  const list = [
    ruling(10, 'accept', { of: 3 }),
    ruling(11, 'reject', { of: 3 }),
    ruling(12, 'move', { of: 3, undone: true }),
    ruling(13, 'split'),
  ];
  expect(rulingInForce(passing(3), list)?.seq).toBe(11);
  expect(rulingInForce(passing(13), list)?.seq).toBe(13);
  expect(rulingInForce(passing(4), list)).toBeNull();
});
