import { beforeEach, expect, test, vi } from 'vitest';

import { LookSender } from './look-sender';
import type { Look } from './model';

beforeEach(() => vi.useFakeTimers());

function setUp() {
  const sent: Look[] = [];
  const connection = { up: true };
  const lookSender = new LookSender((look) => {
    if (connection.up) sent.push(look);
    return connection.up;
  });
  const look = (from: number, ...cars: number[]): void => lookSender.update({ from, to: from + 10, cars });
  return { sent, connection, lookSender, look, froms: () => sent.map((l) => l.from) };
}

test('a look is sent at once, then at most five times a second, the newest one', () => {
  const { look, froms } = setUp();
  for (let ms = 0; ms < 1000; ms += 10) {
    look(ms);
    vi.advanceTimersByTime(10);
  }
  vi.advanceTimersByTime(1000);
  expect(froms()).toEqual([0, 190, 390, 590, 790, 990]);
});

test('an unchanged look is sent once for each connection', () => {
  const { lookSender, look, sent } = setUp();
  look(5, 1);
  vi.advanceTimersByTime(500);
  look(5, 1);
  vi.advanceTimersByTime(500);
  expect(sent).toHaveLength(1);
  lookSender.resend();
  expect(sent).toHaveLength(2);
});

test('a look that could not be sent is sent once the connection is up', () => {
  const { lookSender, connection, look, froms } = setUp();
  connection.up = false;
  look(5);
  look(7);
  expect(froms()).toEqual([]);
  connection.up = true;
  lookSender.resend();
  expect(froms()).toEqual([7]);
});

test("a look stays within the server's limits and names each car once", () => {
  const { lookSender, sent } = setUp();
  lookSender.update({ from: 50, to: 9000, cars: [1, 1, ...Array.from({ length: 100 }, (_, car) => car)] });
  expect(sent[0]).toMatchObject({ from: 50, to: 250 });
  expect(new Set(sent[0]?.cars).size).toBe(64);
  vi.advanceTimersByTime(500);
  lookSender.update({ from: 50, to: 20, cars: [] }); // the list became shorter
  expect(sent[1]).toEqual({ from: 50, to: 50, cars: [] });
});
