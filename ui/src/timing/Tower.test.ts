import { fireEvent, render, screen, within } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';

import { Board, blankRow } from '../live/board';
import { CarState, Mark, type BoardView, type Classified, type Result, type Snapshot } from '../live';
import { readMessage } from '../live/wire';
import { golden } from '../test/golden';
import { line, spoken, versus } from './cells';
import { inSight, listed } from './list';
import { moves } from './motion';
import Tower from './Tower.svelte';

function board(): BoardView {
  const b = new Board();
  b.replace(readMessage(golden('snapshot')) as Snapshot);
  const view = b.view();
  if (view === null) throw new Error('no board');
  return view;
}

function many(n: number): BoardView {
  const one = board();
  const entry = one.entries[0];
  if (!entry) throw new Error('no entry');
  return {
    ...one,
    entries: Array.from({ length: n }, (_, i) => ({ ...entry, number: i + 1, code: `C${i}` })),
    rows: Array.from({ length: n }, (_, i) => blankRow(i)),
    order: Array.from({ length: n }, (_, i) => i),
    places: Array.from({ length: n }, (_, i) => i),
    watchedPlaces: [0, n],
  };
}

test('a row says gaps, marks, tyre and penalty in the words of the sport', () => {
  const l = line(board(), 1);
  expect(l).toMatchObject({
    position: 2,
    code: 'BÖB',
    gap: '+2.345',
    interval: '+0.345',
    last: '1:32.512',
    tyre: 'M',
    age: 9,
    penaltyMs: 5000,
  });
  expect(l?.sectors.map((s) => s.text)).toEqual(['30.100', '31.200', '–']);
  expect(line(board(), 0)).toMatchObject({ gap: 'Leader', interval: '–' });
  expect(line(board(), 9)).toBeNull();
});

const at = (b: BoardView, rows: readonly Partial<BoardView['rows'][number]>[], more = {}): BoardView => ({
  ...b,
  ...more,
  rows: b.rows.map((row, car) => ({ ...row, ...rows[car] })),
});
function result(...positions: readonly number[]): Result {
  const classified = positions.map((position, car) => ({ position, car }) as Classified);
  return { classified, byCar: new Map(classified.map((c) => [c.car, c])) } as unknown as Result;
}

test('a car that is disqualified or did not start has no position, and is not said to have stopped', () => {
  const states = [CarState.Running, CarState.Disqualified, CarState.DidNotStart, CarState.Retired];
  const b = at(
    many(4),
    states.map((state) => ({ state, laps: 3 })),
  );
  expect([0, 1, 2, 3].map((place) => line(b, place))).toMatchObject([
    { position: 1, unplaced: null },
    { position: 0, unplaced: ['DSQ', 'disqualified'], place: 2 },
    { position: 0, unplaced: ['DNS', 'did not start'] },
    { position: 4, unplaced: null },
  ]);
  render(Tower, { board: b, selected: null, onopen: vi.fn() });
  const rows = screen.getAllByRole('row').map((row) => row.textContent?.replace(/\s+/g, ' ').trim());
  expect(rows[2]).toMatch(/^DSQ C1/);
  expect(rows[3]).toMatch(/^DNS C2/);
  expect(rows.filter((row) => row?.includes('OUT'))).toEqual([rows[4]]);
  expect(spoken(b, 1)).toBe('C1 disqualified');
  expect(spoken(b, 3)).toBe('C3 out of the race');
});

test('positions are those of the result, where there is one: shared, or none', () => {
  const b = at(many(3), [], { result: result(1, 1, 0) });
  expect([0, 1, 2].map((place) => line(b, place))).toMatchObject([
    { position: 1 },
    { position: 1, place: 2 },
    { position: 0, unplaced: ['NC', 'not classified'] },
  ]);
});

test('the lap that a car went out on is never beyond the last', () => {
  const session = { ...many(2).session, laps: 5 };
  const b = at(
    many(2),
    [
      { state: CarState.Retired, laps: 3 },
      { state: CarState.Retired, laps: 5 },
    ],
    { session },
  );
  expect([line(b, 0)?.outLap, line(b, 1)?.outLap]).toEqual([4, 5]);
  expect(line({ ...b, session: { ...session, laps: 0 } }, 1)?.outLap).toBe(6);
});

test('of all laps one has the star: the last lap where it is that, else the best, and it is not remembered', async () => {
  const star = { lastMs: 60_000, bestMs: 60_000, lastMark: Mark.SessionBest, bestIsSession: true };
  const plain = { lastMs: 61_000, bestMs: 61_000, lastMark: Mark.PersonalBest, bestIsSession: false };
  const props = { selected: null, onopen: vi.fn() };
  const { rerender } = render(Tower, { ...props, board: at(many(2), [star, plain]) });
  const stars = (): string[] =>
    screen.getAllByText('★').map((s) => s.closest('tr')?.querySelector('.code')?.textContent ?? '');
  expect(stars()).toEqual(['C0']);
  // The next lap of the first is slower: its best has the star.
  await rerender({ board: at(many(2), [{ ...star, lastMs: 62_000, lastMark: Mark.Slower }, plain]) });
  expect(stars()).toEqual(['C0']);
  // The other is faster: both rows are told anew.
  await rerender({
    board: at(many(2), [{ ...star, lastMark: Mark.PersonalBest, bestIsSession: false }, star]),
  });
  expect(stars()).toEqual(['C1']);
  // That lap is deleted.
  await rerender({ board: at(many(2), [star, { ...star, lastMark: Mark.Slower, bestIsSession: false }]) });
  expect(stars()).toEqual(['C0']);
});

test('a name that is written from right to left has a direction of its own', () => {
  const one = many(1);
  const entries = one.entries.map((e) => ({ ...e, code: 'سام', name: 'سامي يوسف', number: 7 }));
  render(Tower, { board: { ...one, entries }, selected: 0, onopen: vi.fn() });
  const [head] = screen.getAllByRole('rowheader');
  expect(head?.querySelector('bdi')?.textContent).toBe('سام');
  expect(head?.title).toBe('7 \u2068سامي يوسف\u2069');
  expect(screen.getByTitle('time to \u2068سام\u2069').querySelector('bdi')).toBeTruthy();
  expect(spoken({ ...one, entries }, 0)).toBe('\u2068سام\u2069 P1, Leader');
});

test('the tower is a table in order of position, with what colour says in words too', () => {
  render(Tower, { board: board(), selected: null, onopen: vi.fn() });
  const cars = screen.getAllByRole('rowheader').map((c) => c.textContent?.trim().slice(0, 3));
  expect(cars).toEqual(['CCC', 'BÖB', 'AAA']);
  expect(screen.getByText('PIT')).toBeTruthy();
  expect(screen.getByText(/OUT L1/)).toBeTruthy();
  expect(screen.getAllByText(/session best/).length).toBeGreaterThan(0);
});

test('a selected car adds the gap of all to it, its details open, and pinned cars stand above the list', () => {
  const onpin = vi.fn();
  render(Tower, {
    board: board(),
    selected: 1,
    expanded: true,
    pins: [0],
    onopen: vi.fn(),
    onpin,
  });
  expect(screen.getByRole('columnheader', { name: 'vs BÖB' })).toBeTruthy();
  expect(screen.getByTestId('details').textContent).toContain('Speed trap');
  expect(within(screen.getByTestId('pinned')).getAllByRole('rowheader')).toHaveLength(1);
  screen.getByRole('button', { name: 'Pin' }).click();
  expect(onpin).toHaveBeenCalledWith(1);
});

test('the gap to the selected car is the difference of the gaps to the leader', () => {
  const b = many(3);
  const rows = b.rows.map((r, i) => ({
    ...r,
    laps: 3,
    gapMs: [0, 1500, 0][i] ?? 0,
    gapLaps: i === 2 ? 1 : 0,
  }));
  const at = { ...b, rows };
  expect([0, 1, 2].map((car) => versus(at, car, 1))).toEqual(['−1.500', '–', '+1 LAP']);
  expect(spoken(at, 1)).toBe('C1 P2, +1.500');
});

test('the gap of a car that is overtaken in the pits does not break the order', () => {
  const b = many(6);
  const gaps = [0, 5000, 4000, 4500, 0, 3000];
  const rows = b.rows.map((r, i) => ({
    ...r,
    laps: 3,
    gapMs: gaps[i] ?? 0,
    intervalMs: 500,
    gapLaps: i === 4 ? 1 : 0,
    state: i === 2 ? CarState.Pit : CarState.Running,
  }));
  const passed = { ...b, rows };
  expect(passed.order.map((_, place) => line(passed, place)?.gap)).toEqual([
    'Leader',
    '+5.000',
    '–', // in the pits, overtaken by the one above
    '–', // just out of the pits
    '1 LAP',
    '–',
  ]);
  expect([line(passed, 2)?.interval, versus(passed, 2, 1), versus(passed, 1, 3)]).toEqual(['–', '–', '–']);
  expect(spoken(passed, 2)).toBe('C2 P3, in the pits');
  // Its next line makes the gap true again.
  const next = { ...passed, rows: rows.map((r, i) => (i === 2 ? { ...r, gapMs: 5100 } : r)) };
  expect(line(next, 2)?.gap).toBe('+5.100');
  // A result has its own gaps.
  expect(line({ ...passed, result: result(1, 2, 3, 4, 5, 6) }, 2)?.gap).toBe('+4.000');
});

test('rows move where few did, and stay where many did', () => {
  expect([...(moves([1, 2, 3], [2, 1, 3]) ?? [])]).toEqual([
    [0, 1],
    [1, -1],
  ]);
  const many = Array.from({ length: 20 }, (_, i) => i);
  expect(moves(many, [...many].reverse())).toBeNull();
});

test('of many cars only those in sight are drawn, and they can be found', async () => {
  render(Tower, { board: many(2000), selected: null, onopen: vi.fn() });
  expect(screen.getAllByRole('rowheader').length).toBeLessThan(60);
  await fireEvent.input(screen.getByRole('searchbox'), { target: { value: 'c1999' } });
  expect(screen.getAllByRole('rowheader')).toHaveLength(1);
  expect(inSight(3200, 320, 32, 2000)).toEqual([95, 115]);
  expect(listed(many(20), '  c1 ').cars(0, 20)).toEqual([1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
});

test('the tower tells which places are in sight, or which cars where some are looked for', async () => {
  const onlook = vi.fn();
  const b = many(2000);
  const { rerender } = render(Tower, { board: b, selected: null, onopen: vi.fn(), onlook });
  expect(onlook.mock.lastCall?.[0]).toMatchObject({ from: 0, cars: [] });
  const { order, places } = b;
  const swapped = { order: order.with(0, 44).with(44, 0), places: places.with(0, 44).with(44, 0) };
  await rerender({ board: { ...b, ...swapped }, search: 'c44' });
  expect(onlook.mock.lastCall?.[0]).toEqual({
    from: 0,
    to: 0,
    cars: [44, 440, 441, 442, 443],
  });
});

test('gaps of a large field are compared in sight: the rows of others are old', () => {
  const rows = [{ gapMs: 9000 }, { gapMs: 9000 }, { gapMs: 5000 }, { gapMs: 5100 }, { gapMs: 5050 }];
  const b = at(many(5), rows, { watchedPlaces: [2, 5] });
  expect([2, 3, 4].map((place) => line(b, place)?.gap)).toEqual(['+5.000', '+5.100', '–']);
});
