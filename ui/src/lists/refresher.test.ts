import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { ANYWAY_MS, EVERY_MS, Refresher } from './refresher';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function page(): { hidden: boolean; changed: () => void; hiddenNow: (on: boolean) => void } {
  const p = {
    hidden: false,
    changed: (): void => undefined,
    hiddenNow(on: boolean) {
      p.hidden = on;
      p.changed();
    },
  };
  return p;
}

function refresher(load: () => Promise<void>, p = page()): Refresher {
  const watched = {
    hidden: () => p.hidden,
    watch: (changed: () => void) => {
      p.changed = changed;
      return () => undefined;
    },
  };
  return new Refresher(load, { page: watched });
}

test('a list is read at once, then no more often than every two seconds, however much happens', async () => {
  const load = vi.fn(() => Promise.resolve());
  const r = refresher(load);
  await vi.advanceTimersByTimeAsync(0);
  expect(load).toHaveBeenCalledTimes(1);
  for (let i = 0; i < 100; i++) {
    r.touch();
    await vi.advanceTimersByTimeAsync(EVERY_MS / 50);
  }
  expect(load.mock.calls.length).toBeLessThanOrEqual(3);
  r.end();
  r.touch();
  await vi.advanceTimersByTimeAsync(ANYWAY_MS);
  expect(load.mock.calls.length).toBeLessThanOrEqual(3);
});

test('where nothing is told it is read now and then', async () => {
  const load = vi.fn(() => Promise.resolve());
  refresher(load);
  await vi.advanceTimersByTimeAsync(ANYWAY_MS - 1);
  expect(load).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(load).toHaveBeenCalledTimes(2);
});

test('nothing is read for a page that nobody sees, and all at once when it is seen again', async () => {
  const load = vi.fn(() => Promise.resolve());
  const p = page();
  const r = refresher(load, p);
  await vi.advanceTimersByTimeAsync(0);
  p.hiddenNow(true);
  r.touch();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(load).toHaveBeenCalledTimes(1);
  p.hiddenNow(false);
  await vi.advanceTimersByTimeAsync(0);
  expect(load).toHaveBeenCalledTimes(2);
});

test('what changes while the list is on its way is read after it', async () => {
  let arrive = (): void => undefined;
  const load = vi.fn(() => new Promise<void>((done) => (arrive = done)));
  const r = refresher(load);
  await vi.advanceTimersByTimeAsync(0);
  r.touch();
  await vi.advanceTimersByTimeAsync(ANYWAY_MS);
  expect(load).toHaveBeenCalledTimes(1);
  arrive();
  await vi.advanceTimersByTimeAsync(EVERY_MS);
  expect(load).toHaveBeenCalledTimes(2);
});
