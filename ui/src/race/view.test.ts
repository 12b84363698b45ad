import { expect, test } from 'vitest';

import type { BoardView } from '../live';
import { PINS_MAX, View } from './view.svelte';

const board = { order: [4, 2, 0] } as unknown as BoardView;

test('keys go from car to car in the order of the tower, and stop at its ends', () => {
  const view = new View();
  view.act('down', board);
  expect(view.selected).toBe(4);
  view.act('down', board);
  view.act('down', board);
  view.act('down', board);
  expect(view.selected).toBe(0);
  view.act('up', board);
  expect(view.selected).toBe(2);
});

test('a car is selected, then its details are shown, then neither', () => {
  const view = new View();
  view.pick(2);
  expect([view.selected, view.expanded]).toEqual([2, false]);
  view.pick(2);
  expect([view.selected, view.expanded]).toEqual([2, true]);
  view.act('escape', board);
  expect([view.selected, view.expanded]).toEqual([2, false]);
  view.act('details', board);
  view.pick(2);
  expect([view.selected, view.expanded]).toEqual([null, false]);
});

test('a sixth car cannot be pinned, and it is said', () => {
  const view = new View();
  for (let car = 0; car <= PINS_MAX; car++) view.pin(car);
  expect(view.pins).toEqual([0, 1, 2, 3, 4]);
  expect(view.note).toContain('5 cars are pinned already');
  view.pin(2);
  expect(view.pins).toEqual([0, 1, 3, 4]);
  expect(view.note).toBe('');
});
