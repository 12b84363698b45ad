import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { IDLE_REFRESH_MS, REFRESH_MS, Refresher } from './refresher';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function page(): { hidden: boolean; changed: () => void; setHidden: (on: boolean) => void } {
  const p = {
    hidden: false,
    changed: (): void => undefined,
    setHidden(on: boolean) {
      p.hidden = on;
      p.changed();
    },
  };
  return p;
}

function refresher(load: () => Promise<void>, p = page()): Refresher {
  const visibility = {
    hidden: () => p.hidden,
    onChange: (changed: () => void) => {
      p.changed = changed;
      return () => undefined;
    },
  };
  return new Refresher(load, { page: visibility });
}

test('a list is loaded at once, then at most every two seconds', async () => {
  const load = vi.fn(() => Promise.resolve());
  const r = refresher(load);
  await vi.advanceTimersByTimeAsync(0);
  expect(load).toHaveBeenCalledTimes(1);
  for (let i = 0; i < 100; i++) {
    r.invalidate();
    await vi.advanceTimersByTimeAsync(REFRESH_MS / 50);
  }
  expect(load.mock.calls.length).toBeLessThanOrEqual(3);
  r.stop();
  r.invalidate();
  await vi.advanceTimersByTimeAsync(IDLE_REFRESH_MS);
  expect(load.mock.calls.length).toBeLessThanOrEqual(3);
});

test('an unchanged list is loaded every ten seconds', async () => {
  const load = vi.fn(() => Promise.resolve());
  refresher(load);
  await vi.advanceTimersByTimeAsync(IDLE_REFRESH_MS - 1);
  expect(load).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(load).toHaveBeenCalledTimes(2);
});

test('a hidden page loads nothing, and loads at once when it is visible again', async () => {
  const load = vi.fn(() => Promise.resolve());
  const p = page();
  const r = refresher(load, p);
  await vi.advanceTimersByTimeAsync(0);
  p.setHidden(true);
  r.invalidate();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(load).toHaveBeenCalledTimes(1);
  p.setHidden(false);
  await vi.advanceTimersByTimeAsync(0);
  expect(load).toHaveBeenCalledTimes(2);
});

test('a change during a load causes another load', async () => {
  let arrive = (): void => undefined;
  const load = vi.fn(() => new Promise<void>((done) => (arrive = done)));
  const r = refresher(load);
  await vi.advanceTimersByTimeAsync(0);
  r.invalidate();
  await vi.advanceTimersByTimeAsync(IDLE_REFRESH_MS);
  expect(load).toHaveBeenCalledTimes(1);
  arrive();
  await vi.advanceTimersByTimeAsync(REFRESH_MS);
  expect(load).toHaveBeenCalledTimes(2);
});
