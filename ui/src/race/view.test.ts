import { beforeEach, expect, test } from 'vitest';

import type { BoardView } from '../live';
import { PINS_MAX, View } from './view.svelte';

const entries = Array.from({ length: 5 }, (_, i) => ({ code: `C${i}`, name: '', number: i, team: '' }));
const board = { order: [4, 2, 0], places: [2, -1, 1, -1, 0], entries } as unknown as BoardView;

beforeEach(() => sessionStorage.clear());

test('keys go from car to car in the order of the tower, and stop at its ends', () => {
  const view = new View('x');
  view.act('down', board);
  expect(view.selected).toBe(4);
  view.act('down', board);
  view.act('down', board);
  view.act('down', board);
  expect(view.selected).toBe(0);
  view.act('up', board);
  expect(view.selected).toBe(2);
});

test('keys go only to the cars that are found, and keep the selected one where none is', () => {
  const view = new View('x');
  view.search = 'c0';
  view.act('down', board);
  expect(view.selected).toBe(0);
  view.search = 'nobody';
  view.act('down', board);
  expect(view.selected).toBe(0);
});

test("a car's details are opened and closed with one tap each, another's at once", () => {
  const view = new View('x');
  view.open(2);
  expect([view.selected, view.expanded]).toEqual([2, true]);
  view.open(4);
  expect([view.selected, view.expanded]).toEqual([4, true]);
  view.open(4);
  expect([view.selected, view.expanded]).toEqual([null, false]);
});

test('a car that is selected by key or on the map is opened by Enter, and Esc closes step by step', () => {
  const view = new View('x');
  view.select(2);
  expect([view.selected, view.expanded]).toEqual([2, false]);
  view.act('details', board);
  expect([view.selected, view.expanded]).toEqual([2, true]);
  view.act('escape', board);
  expect([view.selected, view.expanded]).toEqual([2, false]);
  view.act('escape', board);
  expect(view.selected).toBeNull();
});

test('a sixth car cannot be pinned, and it is said', () => {
  const view = new View('x');
  for (let car = 0; car <= PINS_MAX; car++) view.pin(car);
  expect(view.pins).toEqual([0, 1, 2, 3, 4]);
  expect(view.note).toContain('5 cars are pinned already');
  view.pin(2);
  expect(view.pins).toEqual([0, 1, 3, 4]);
  expect(view.note).toBe('');
});

test('what was looked at in a race is there again after a reload, and in no other race', () => {
  const view = new View('x');
  view.open(2);
  view.pin(4);
  view.show('Map');
  view.keep();
  const again = new View('x');
  expect([again.tab, again.selected, again.expanded, again.pins]).toEqual(['Map', 2, true, [4]]);
  const other = new View('y');
  expect([other.tab, other.selected, other.expanded, other.pins]).toEqual(['Tower', null, false, []]);
});

test('what a tab remembers of an older page does no harm', () => {
  for (const kept of ['{', '{}', '["Nowhere",-1,true,["a",1,null]]', '[null,1.5,true]']) {
    sessionStorage.setItem('lightsout.view.x', kept);
    const view = new View('x');
    expect([view.tab, view.selected, view.expanded]).toEqual(['Tower', null, false]);
  }
});
