import { fireEvent, render, screen, within } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';

import { Board, blankRow } from '../live/board';
import type { BoardView, Snapshot } from '../live';
import { readMessage } from '../live/wire';
import { golden } from '../test/golden';
import { found, inSight, line, spoken, versus } from './cells';
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

test('the tower is a table in order of position, with what colour says in words too', () => {
  render(Tower, { board: board(), dimmed: false, selected: null, onselect: vi.fn() });
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
    dimmed: false,
    selected: 1,
    expanded: true,
    pins: [0],
    onselect: vi.fn(),
    onpin,
  });
  expect(screen.getByText('vs BÖB')).toBeTruthy();
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

test('rows move where few did, and stay where many did', () => {
  expect([...(moves([1, 2, 3], [2, 1, 3]) ?? [])]).toEqual([
    [0, 1],
    [1, -1],
  ]);
  const many = Array.from({ length: 20 }, (_, i) => i);
  expect(moves(many, [...many].reverse())).toBeNull();
});

test('of many cars only those in sight are drawn, and they can be found', async () => {
  render(Tower, { board: many(2000), dimmed: false, selected: null, onselect: vi.fn() });
  expect(screen.getAllByRole('rowheader').length).toBeLessThan(60);
  await fireEvent.input(screen.getByRole('searchbox'), { target: { value: 'c1999' } });
  expect(screen.getAllByRole('rowheader')).toHaveLength(1);
  expect(inSight(3200, 320, 32, 2000)).toEqual([95, 115]);
  expect(found(many(20), '  c1 ')).toEqual([1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
});
