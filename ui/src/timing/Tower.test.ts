import { fireEvent, render, screen } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';

import { Board, blankRow } from '../live/board';
import type { BoardView, Snapshot } from '../live';
import { readMessage } from '../live/wire';
import { golden } from '../test/golden';
import { found, inSight, line } from './cells';
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

test('keys go from car to car, but not while somebody types', async () => {
  const onselect = vi.fn();
  render(Tower, { board: many(100), dimmed: false, selected: 2, onselect });
  await fireEvent.keyDown(window, { key: 'j' });
  expect(onselect).toHaveBeenLastCalledWith(3);
  await fireEvent.keyDown(window, { key: 'ArrowUp' });
  expect(onselect).toHaveBeenLastCalledWith(1);
  await fireEvent.keyDown(screen.getByRole('searchbox'), { key: 'j' });
  expect(onselect).toHaveBeenCalledTimes(2);
});

test('of many cars only those in sight are drawn, and they can be found', async () => {
  render(Tower, { board: many(2000), dimmed: false, selected: null, onselect: vi.fn() });
  expect(screen.getAllByRole('rowheader').length).toBeLessThan(60);
  await fireEvent.input(screen.getByRole('searchbox'), { target: { value: 'c1999' } });
  expect(screen.getAllByRole('rowheader')).toHaveLength(1);
  expect(inSight(3200, 320, 32, 2000)).toEqual([95, 115]);
  expect(found(many(20), '  c1 ')).toEqual([1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
});
