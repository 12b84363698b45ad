import { fireEvent, render, screen, within } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';

import { CarState, Mark, type BoardView, type Classified, type Result } from '../live';
import { board, manyCars } from '../test/boards';
import { towerLine, carAnnouncement, gapBetween } from './cells';
import { visibleRows, filterRows } from './tower-rows';
import { moves } from './motion';
import Tower from './Tower.svelte';

test('a row shows gaps, marks, tyre and penalty in the terms of the sport', () => {
  const l = towerLine(board(), 1);
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
  expect(towerLine(board(), 0)).toMatchObject({ gap: 'Leader', interval: '–' });
  expect(towerLine(board(), 9)).toBeNull();
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

test('a disqualified car and one that did not start have no position and are not shown as stopped', () => {
  const states = [CarState.Running, CarState.Disqualified, CarState.DidNotStart, CarState.Retired];
  const b = at(
    manyCars(4),
    states.map((state) => ({ state, laps: 3 })),
  );
  expect([0, 1, 2, 3].map((place) => towerLine(b, place))).toMatchObject([
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
  expect(carAnnouncement(b, 1)).toBe('C1 disqualified');
  expect(carAnnouncement(b, 3)).toBe('C3 out of the race');
});

test('positions come from the result: shared in a dead heat, or none', () => {
  const b = at(manyCars(3), [], { result: result(1, 1, 0) });
  expect([0, 1, 2].map((place) => towerLine(b, place))).toMatchObject([
    { position: 1 },
    { position: 1, place: 2 },
    { position: 0, unplaced: ['NC', 'not classified'] },
  ]);
});

test('a car retires at the latest on the last lap', () => {
  const session = { ...manyCars(2).session, laps: 5 };
  const b = at(
    manyCars(2),
    [
      { state: CarState.Retired, laps: 3 },
      { state: CarState.Retired, laps: 5 },
    ],
    { session },
  );
  expect([towerLine(b, 0)?.retiredOnLap, towerLine(b, 1)?.retiredOnLap]).toEqual([4, 5]);
  expect(towerLine({ ...b, session: { ...session, laps: 0 } }, 1)?.retiredOnLap).toBe(6);
});

test('only one lap has the star: the last lap if it is the session best, else the best', async () => {
  const star = { lastMs: 60_000, bestMs: 60_000, lastMark: Mark.SessionBest, bestIsSession: true };
  const plain = { lastMs: 61_000, bestMs: 61_000, lastMark: Mark.PersonalBest, bestIsSession: false };
  const props = { selected: null, onopen: vi.fn() };
  const { rerender } = render(Tower, { ...props, board: at(manyCars(2), [star, plain]) });
  const stars = (): string[] =>
    screen.getAllByText('★').map((s) => s.closest('tr')?.querySelector('.code')?.textContent ?? '');
  expect(stars()).toEqual(['C0']);
  // The next lap of C0 is slower: its best keeps the star.
  await rerender({ board: at(manyCars(2), [{ ...star, lastMs: 62_000, lastMark: Mark.Slower }, plain]) });
  expect(stars()).toEqual(['C0']);
  // C1 is faster: both rows change.
  await rerender({
    board: at(manyCars(2), [{ ...star, lastMark: Mark.PersonalBest, bestIsSession: false }, star]),
  });
  expect(stars()).toEqual(['C1']);
  // The lap of C1 is deleted.
  await rerender({
    board: at(manyCars(2), [star, { ...star, lastMark: Mark.Slower, bestIsSession: false }]),
  });
  expect(stars()).toEqual(['C0']);
});

test('a right-to-left name keeps its own direction', () => {
  const one = manyCars(1);
  const entries = one.entries.map((e) => ({ ...e, code: 'سام', name: 'سامي يوسف', number: 7 }));
  render(Tower, { board: { ...one, entries }, selected: 0, onopen: vi.fn() });
  const [head] = screen.getAllByRole('rowheader');
  expect(head?.querySelector('bdi')?.textContent).toBe('سام');
  expect(head?.title).toBe('7 \u2068سامي يوسف\u2069');
  expect(screen.getByTitle('time to \u2068سام\u2069').querySelector('bdi')).toBeTruthy();
  expect(carAnnouncement({ ...one, entries }, 0)).toBe('\u2068سام\u2069 P1, Leader');
});

test('the tower is a table by position, and repeats its colours in words', () => {
  render(Tower, { board: board(), selected: null, onopen: vi.fn() });
  const cars = screen.getAllByRole('rowheader').map((c) => c.textContent?.trim().slice(0, 3));
  expect(cars).toEqual(['CCC', 'BÖB', 'AAA']);
  expect(screen.getByText('PIT')).toBeTruthy();
  expect(screen.getByText(/OUT L1/)).toBeTruthy();
  expect(screen.getAllByText(/session best/).length).toBeGreaterThan(0);
});

test('a selected car adds a column of gaps to it, shows its details, and pinned cars stand above the list', () => {
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
  const b = manyCars(3);
  const rows = b.rows.map((r, i) => ({
    ...r,
    laps: 3,
    gapMs: [0, 1500, 0][i] ?? 0,
    gapLaps: i === 2 ? 1 : 0,
  }));
  const at = { ...b, rows };
  expect([0, 1, 2].map((car) => gapBetween(at, car, 1))).toEqual(['−1.500', '–', '+1 LAP']);
  expect(carAnnouncement(at, 1)).toBe('C1 P2, +1.500');
});

test('the outdated gap of a car overtaken in the pits is not shown', () => {
  const b = manyCars(6);
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
  expect(passed.order.map((_, place) => towerLine(passed, place)?.gap)).toEqual([
    'Leader',
    '+5.000',
    '–', // in the pits, overtaken by the car above
    '–', // just out of the pits
    '1 LAP',
    '–',
  ]);
  expect([towerLine(passed, 2)?.interval, gapBetween(passed, 2, 1), gapBetween(passed, 1, 3)]).toEqual([
    '–',
    '–',
    '–',
  ]);
  expect(carAnnouncement(passed, 2)).toBe('C2 P3, in the pits');
  // The car's next timing line updates the gap.
  const next = { ...passed, rows: rows.map((r, i) => (i === 2 ? { ...r, gapMs: 5100 } : r)) };
  expect(towerLine(next, 2)?.gap).toBe('+5.100');
  // In a result gaps are final.
  expect(towerLine({ ...passed, result: result(1, 2, 3, 4, 5, 6) }, 2)?.gap).toBe('+4.000');
});

test('a few moved rows are animated, many are not', () => {
  expect([...(moves([1, 2, 3], [2, 1, 3]) ?? [])]).toEqual([
    [0, 1],
    [1, -1],
  ]);
  const many = Array.from({ length: 20 }, (_, i) => i);
  expect(moves(many, [...many].reverse())).toBeNull();
});

test('of many cars only those in view are rendered, and search finds the others', async () => {
  render(Tower, { board: manyCars(2000), selected: null, onopen: vi.fn() });
  expect(screen.getAllByRole('rowheader').length).toBeLessThan(60);
  await fireEvent.input(screen.getByRole('searchbox'), { target: { value: 'c1999' } });
  expect(screen.getAllByRole('rowheader')).toHaveLength(1);
  expect(visibleRows(3200, 320, 32, 2000)).toEqual([95, 115]);
  expect(filterRows(manyCars(20), '  c1 ').cars(0, 20)).toEqual([1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
});

test('the tower reports the places in view, or the cars that match a search', async () => {
  const onlook = vi.fn();
  const b = manyCars(2000);
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

test('in a large field only gaps in view are compared, because other rows are out of date', () => {
  const rows = [{ gapMs: 9000 }, { gapMs: 9000 }, { gapMs: 5000 }, { gapMs: 5100 }, { gapMs: 5050 }];
  const b = at(manyCars(5), rows, { watchedPlaces: [2, 5] });
  expect([2, 3, 4].map((place) => towerLine(b, place)?.gap)).toEqual(['+5.000', '+5.100', '–']);
});
