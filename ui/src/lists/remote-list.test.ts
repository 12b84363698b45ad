import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { LATE_MS } from './late';
import { RemoteList } from './remote-list.svelte';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a late response is reported, and used when it arrives', async () => {
  let answer: (items: readonly string[]) => void = () => undefined;
  const list = new RemoteList(() => new Promise<readonly string[]>((done) => (answer = done)));
  const first = list.load();
  answer(['one']);
  await first;
  const second = list.load();
  await vi.advanceTimersByTimeAsync(LATE_MS - 1);
  expect(list.error).toBeNull();
  await vi.advanceTimersByTimeAsync(1);
  expect(list.error).toBe('The server does not answer.');
  expect(list.items).toEqual(['one']);
  answer(['two']);
  await second;
  expect([list.items, list.error]).toEqual([['two'], null]);
  await vi.advanceTimersByTimeAsync(LATE_MS);
  expect(list.error).toBeNull();
});
