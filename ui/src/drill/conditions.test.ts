import { expect, test } from 'vitest';

import { conditionLines, parseConditions } from './conditions';

test('conditions are read one a line, with and without a kind of actor', () => {
  expect(
    parseConditions(
      'longest_stall <2s\n\nrecovery_p99 car <5ms\nrecovery_p99: timekeeper <= 50 ms\nticks_late 0',
    ),
  ).toEqual({
    longest_stall: '<2s',
    recovery_p99: { car: '<5ms', timekeeper: '<= 50 ms' },
    ticks_late: '0',
  });
  expect(parseConditions(' \n')).toEqual({});
  expect(parseConditions('longest_stall <2s\nsoon')).toBe(2);
});

test('conditions are written as they are read', () => {
  const conditions = { recovery_p99: { car: '<5ms', race: '<9ms' }, injected: '>100' };
  expect(parseConditions(conditionLines(conditions).join('\n'))).toEqual(conditions);
  expect(conditionLines(undefined)).toEqual([]);
});
