import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { DrillPhase, NO_CAR, type DrillState, type Ops } from './model';
import { LINES_MAX, OpsLog } from './ops-log.svelte';
import { FADES_AFTER_MS, MARKED_MS } from './recovery';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const car = (slot: number, tookUs = 10) => ({ kind: 'car', car: slot, reason: 'killed in a drill', tookUs });
const ops = (restarts: number, recent: Ops['recent'], drill: DrillState | null = null): Ops => ({
  type: 'ops',
  restarts,
  recent,
  drill,
});

test('a restarted car is marked for two seconds, fading at the end', () => {
  const log = new OpsLog();
  log.apply(ops(2, [car(3), car(5)]), 0);
  expect([...log.restarted]).toEqual([
    [3, 'fresh'],
    [5, 'fresh'],
  ]);
  vi.advanceTimersByTime(500);
  log.apply(ops(3, [car(5)]), 500);
  vi.advanceTimersByTime(FADES_AFTER_MS - 500);
  expect([log.restarted.get(3), log.restarted.get(5)]).toEqual(['fading', 'fresh']);
  vi.advanceTimersByTime(MARKED_MS - FADES_AFTER_MS);
  expect([...log.restarted.keys()]).toEqual([5]);
  vi.advanceTimersByTime(500);
  expect(log.restarted.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('recoveries get one line for each kind of actor, with the slowest time', () => {
  const log = new OpsLog();
  log.apply(
    ops(3, [car(1, 5), { kind: 'recorder', car: NO_CAR, reason: 'a bug', tookUs: 900 }, car(2, 7)]),
    61,
  );
  expect(log.lines.map(({ kind, actors, slowestUs }) => [kind, actors, slowestUs])).toEqual([
    ['car', 2, 7],
    ['recorder', 1, 900],
  ]);
  for (let i = 0; i < 2 * LINES_MAX; i++) log.apply(ops(4 + i, [car(1)]), i);
  expect(log.lines).toHaveLength(LINES_MAX);
  expect(log.lines.at(-1)?.id).toBe(2 + 2 * LINES_MAX);
  log.end();
});

test('with more restarts than are listed, one line counts them all without a kind', () => {
  const log = new OpsLog();
  log.apply(ops(1000, []), 0);
  log.apply(ops(1500, [car(1, 5), car(2, 8)]), 0);
  expect(log.lines).toMatchObject([{ kind: '', actors: 500, listed: 2, slowestUs: 8 }]);
  log.end();
});

test('restarts reported on joining, and repeated ones, are not news', () => {
  const log = new OpsLog();
  log.join(1000);
  log.apply(ops(7, [car(1)]), 0, 1001);
  expect([log.restarts, log.lines.length, log.restarted.size]).toEqual([7, 0, 0]);
  log.apply(ops(7, [car(1)]), 0, 1500);
  expect(log.lines).toHaveLength(0);
  log.apply(ops(8, [car(2)]), 0, 2000);
  expect([...log.restarted.keys()]).toEqual([2]);
  const first = new OpsLog();
  first.join(1000);
  first.apply(ops(1, [car(1)]), 0, 9000); // the first restart of the race
  expect(first.lines).toHaveLength(1);
  log.end();
  first.end();
});

test('a verdict stays until it is dismissed, and the next drill is shown', () => {
  const log = new OpsLog();
  const drill = { name: 'storm', phase: DrillPhase.Passed, injected: 3, text: '' };
  log.apply(ops(3, [], drill), 0);
  expect(log.drill?.name).toBe('storm');
  log.dismiss();
  log.apply(ops(3, [], { ...drill }), 0);
  expect(log.drill).toBeNull();
  log.apply(ops(3, [], { ...drill, phase: DrillPhase.On }), 0);
  expect(log.drill?.phase).toBe(DrillPhase.On);
});

test('a dismissed verdict stays hidden after a reload, and the next one is shown', () => {
  sessionStorage.clear();
  const verdict: DrillState = { name: 'storm', phase: DrillPhase.Passed, injected: 321, text: '' };
  const before = new OpsLog('r1');
  before.apply(ops(1, [], verdict), 0);
  before.dismiss();
  const after = new OpsLog('r1');
  after.apply(ops(1, [], verdict), 0);
  expect(after.drill).toBeNull();
  after.apply(ops(1, [], { ...verdict, phase: DrillPhase.On, injected: 5 }), 1);
  expect(after.drill?.injected).toBe(5);
  after.apply(ops(1, [], { ...verdict, injected: 400 }), 2);
  expect(after.drill?.injected).toBe(400);
  const elsewhere = new OpsLog('r2');
  elsewhere.apply(ops(1, [], verdict), 0);
  expect(elsewhere.drill).toEqual(verdict);
});
