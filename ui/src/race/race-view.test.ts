import { beforeEach, expect, test } from 'vitest';

import type { BoardView } from '../live';
import { PINS_MAX, RaceView } from './race-view.svelte';

const entries = Array.from({ length: 5 }, (_, i) => ({ code: `C${i}`, name: '', number: i, team: '' }));
const board = { order: [4, 2, 0], places: [2, -1, 1, -1, 0], entries } as unknown as BoardView;

beforeEach(() => sessionStorage.clear());

test('keys move the selection in tower order and stop at both ends', () => {
  const view = new RaceView('x');
  view.perform('down', board);
  expect(view.selected).toBe(4);
  view.perform('down', board);
  view.perform('down', board);
  view.perform('down', board);
  expect(view.selected).toBe(0);
  view.perform('up', board);
  expect(view.selected).toBe(2);
});

test('keys move among the cars that match the search, and keep the selection where none does', () => {
  const view = new RaceView('x');
  view.search = 'c0';
  view.perform('down', board);
  expect(view.selected).toBe(0);
  view.search = 'no such car';
  view.perform('down', board);
  expect(view.selected).toBe(0);
});

test("one tap opens a car's details and the next one closes them; another car's open at once", () => {
  const view = new RaceView('x');
  view.open(2);
  expect([view.selected, view.expanded]).toEqual([2, true]);
  view.open(4);
  expect([view.selected, view.expanded]).toEqual([4, true]);
  view.open(4);
  expect([view.selected, view.expanded]).toEqual([null, false]);
});

test('Enter opens the selected car, and Esc closes details, then the selection', () => {
  const view = new RaceView('x');
  view.select(2);
  expect([view.selected, view.expanded]).toEqual([2, false]);
  view.perform('details', board);
  expect([view.selected, view.expanded]).toEqual([2, true]);
  view.perform('escape', board);
  expect([view.selected, view.expanded]).toEqual([2, false]);
  view.perform('escape', board);
  expect(view.selected).toBeNull();
});

test('a sixth car cannot be pinned, and a note says so', () => {
  const view = new RaceView('x');
  for (let car = 0; car <= PINS_MAX; car++) view.pin(car);
  expect(view.pins).toEqual([0, 1, 2, 3, 4]);
  expect(view.note).toContain('5 cars are pinned already');
  view.pin(2);
  expect(view.pins).toEqual([0, 1, 3, 4]);
  expect(view.note).toBe('');
});

test('the view of a race is restored after a reload, and only for that race', () => {
  const view = new RaceView('x');
  view.open(2);
  view.pin(4);
  view.show('Map');
  view.save();
  const again = new RaceView('x');
  expect([again.tab, again.selected, again.expanded, again.pins]).toEqual(['Map', 2, true, [4]]);
  const other = new RaceView('y');
  expect([other.tab, other.selected, other.expanded, other.pins]).toEqual(['Tower', null, false, []]);
});

test('a malformed saved view is ignored', () => {
  for (const saved of ['{', '{}', '["Nowhere",-1,true,["a",1,null]]', '[null,1.5,true]']) {
    sessionStorage.setItem('lightsout.view.x', saved);
    const view = new RaceView('x');
    expect([view.tab, view.selected, view.expanded]).toEqual(['Tower', null, false]);
  }
});
