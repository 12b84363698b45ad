import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { LATE_AFTER_MS } from './late';
import { Listing } from './listing.svelte';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('an answer that is late is said to be missing, and taken when it comes', async () => {
  let answer: (items: readonly string[]) => void = () => undefined;
  const list = new Listing(() => new Promise<readonly string[]>((done) => (answer = done)));
  const first = list.load();
  answer(['one']);
  await first;
  const second = list.load();
  await vi.advanceTimersByTimeAsync(LATE_AFTER_MS - 1);
  expect(list.error).toBeNull();
  await vi.advanceTimersByTimeAsync(1);
  expect(list.error).toBe('The server does not answer.');
  expect(list.items).toEqual(['one']);
  answer(['two']);
  await second;
  expect([list.items, list.error]).toEqual([['two'], null]);
  await vi.advanceTimersByTimeAsync(LATE_AFTER_MS);
  expect(list.error).toBeNull();
});
