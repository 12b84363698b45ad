import { expect, test } from 'vitest';

import { LineKind } from '../live';
import { fieldName, fieldText, lineName, ruled } from './labels';

test('rulings are said in words, younger ones as well as can be', () => {
  expect(ruled('lap_deleted')).toBe('Lap deleted');
  expect(ruled('grid_drop')).toBe('grid drop');
});

test('lines have names', () => {
  const lines = [
    { kind: LineKind.Finish, sector: 3, permyriad: 0 },
    { kind: LineKind.Sector, sector: 1, permyriad: 3000 },
    { kind: LineKind.SpeedTrap, sector: 0, permyriad: 4000 },
  ];
  expect([0, 1, 2, 3].map((at) => lineName(lines, at))).toEqual([
    'Finish line',
    'Sector 1',
    'Line 2, speed trap',
    'Line 3',
  ]);
});

test('what changed between two results is read as times and words', () => {
  expect(fieldName('duration_ms')).toBe('race time');
  expect(fieldText('duration_ms', 96_000)).toBe('1:36.000');
  expect(fieldText('gap_ms', 0)).toBe('0.000');
  expect(fieldText('penalty_ms', 5000)).toBe('5 s');
  expect(fieldText('interval_ms', null)).toBe('–');
  expect(fieldText('status', 'did_not_start')).toBe('did not start');
  expect(fieldText('position', 3)).toBe('3');
});
