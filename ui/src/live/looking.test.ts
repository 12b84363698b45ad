import { beforeEach, expect, test, vi } from 'vitest';

import { Looking } from './looking';
import type { Look } from './model';

beforeEach(() => vi.useFakeTimers());

function setUp() {
  const said: Look[] = [];
  const line = { up: true };
  const looking = new Looking((look) => {
    if (line.up) said.push(look);
    return line.up;
  });
  const look = (from: number, ...cars: number[]): void => looking.want({ from, to: from + 10, cars });
  return { said, line, looking, look, froms: () => said.map((l) => l.from) };
}

test('what is looked at is said at once, then five times a second, the last one counts', () => {
  const { look, froms } = setUp();
  for (let ms = 0; ms < 1000; ms += 10) {
    look(ms);
    vi.advanceTimersByTime(10);
  }
  vi.advanceTimersByTime(1000);
  expect(froms()).toEqual([0, 190, 390, 590, 790, 990]);
});

test('the same is said once, and on a new line again', () => {
  const { looking, look, said } = setUp();
  look(5, 1);
  vi.advanceTimersByTime(500);
  look(5, 1);
  vi.advanceTimersByTime(500);
  expect(said).toHaveLength(1);
  looking.again();
  expect(said).toHaveLength(2);
});

test('what could not be said is said once it can be', () => {
  const { looking, line, look, froms } = setUp();
  line.up = false;
  look(5);
  look(7);
  expect(froms()).toEqual([]);
  line.up = true;
  looking.again();
  expect(froms()).toEqual([7]);
});

test('no more is asked for than the server allows, each car once', () => {
  const { looking, said } = setUp();
  looking.want({ from: 50, to: 9000, cars: [1, 1, ...Array.from({ length: 100 }, (_, car) => car)] });
  expect(said[0]).toMatchObject({ from: 50, to: 250 });
  expect(new Set(said[0]?.cars).size).toBe(64);
  vi.advanceTimersByTime(500);
  looking.want({ from: 50, to: 20, cars: [] }); // the list has become shorter
  expect(said[1]).toEqual({ from: 50, to: 50, cars: [] });
});
