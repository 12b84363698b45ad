import { expect, test } from 'vitest';

import { LineKind } from '../live';
import { fieldName, fieldText, lineName, rulingName } from './labels';

test('rulings have names, and an unknown kind keeps its own', () => {
  expect(rulingName('lap_deleted')).toBe('Lap deleted');
  expect(rulingName('grid_drop')).toBe('grid drop');
});

test('timing lines have names', () => {
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

test('result fields are shown as times and words', () => {
  expect(fieldName('duration_ms')).toBe('race time');
  expect(fieldText('duration_ms', 96_000)).toBe('1:36.000');
  expect(fieldText('gap_ms', 0)).toBe('0.000');
  expect(fieldText('penalty_ms', 5000)).toBe('5 s');
  expect(fieldText('interval_ms', null)).toBe('–');
  expect(fieldText('status', 'did_not_start')).toBe('did not start');
  expect(fieldText('position', 3)).toBe('3');
});
