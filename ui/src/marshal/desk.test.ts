import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { settings } from '../choices';
import { prompts } from '../dialog';
import type { Passing } from '../api';
import { Desk } from './desk.svelte';

let passings: Partial<Passing>[] = [];

beforeEach(() => {
  settings.author = 'Ada';
  passings = [{ seq: 1 }, { seq: 2 }];
  vi.stubGlobal('fetch', (url: string) =>
    Promise.resolve(Response.json(url.includes('/passings?') ? { passings } : { rulings: [], results: [] })),
  );
});
afterEach(() => vi.unstubAllGlobals());

async function loaded(): Promise<Desk> {
  const desk = new Desk('r', () => 0);
  await desk.passings.load();
  return desk;
}
const seqs = (desk: Desk): number[] | undefined => desk.visiblePassings?.map((p) => p.seq);

test('a settled passing leaves the list at once and does not return', async () => {
  const desk = await loaded();
  expect(seqs(desk)).toEqual([2, 1]);
  let answer = (): void => undefined;
  const settled = desk.settle(passings[1] as Passing, 'done', () => new Promise<void>((ok) => (answer = ok)));
  expect(seqs(desk)).toEqual([1]);
  await desk.passings.load();
  expect(seqs(desk)).toEqual([1]);
  passings = [{ seq: 1 }];
  answer();
  expect(await settled).toEqual({ done: true, error: null });
  expect(seqs(desk)).toEqual([1]);
  expect(desk.announcement).toBe('done');
});

test('a passing that cannot be settled returns with the error', async () => {
  const desk = await loaded();
  await desk.settle(passings[0] as Passing, 'done', () => Promise.reject(new Error('the car is out')));
  expect(seqs(desk)).toEqual([2, 1]);
  expect(desk.error(1)).toBe('the car is out');
  expect(desk.announcement).toBe('');
});

test('the name is asked for once, and nothing is sent without it', async () => {
  settings.author = '';
  const desk = await loaded();
  const send = vi.fn(() => Promise.resolve());
  const cancelled = desk.order('done', send);
  prompts.answer(null);
  expect(await cancelled).toEqual({ done: false, error: null });
  const signed = desk.order('done', send);
  prompts.answer('Grace');
  await signed;
  await desk.order('done', send);
  expect(send.mock.calls).toEqual([['Grace'], ['Grace']]);
  expect(prompts.question).toBeNull();
});
