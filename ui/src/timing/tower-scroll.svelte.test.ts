import { screen } from '@testing-library/svelte';
import { flushSync, mount } from 'svelte';
import { expect, test } from 'vitest';

import { manyCars } from '../test/boards';
import Tower from './Tower.svelte';

test('a change right after a visitor scrolled does not scroll back to the selected car', () => {
  const props = $state({ board: manyCars(2000), selected: 5, onopen: () => undefined });
  mount(Tower, { target: document.body, props });
  flushSync();
  const scroller = screen.getByRole('region', { name: 'Timing tower' });
  Object.defineProperty(scroller, 'clientHeight', { value: 720 });
  scroller.scrollTop = 0;
  scroller.dispatchEvent(new Event('scroll'));
  const swap = (list: readonly number[], place: number): readonly number[] =>
    list.with(5, place).with(place, 5);
  const fallTo = (place: number): void => {
    const { order, places, ...board } = manyCars(2000);
    props.board = { ...board, order: swap(order, place), places: swap(places, place) };
    flushSync();
  };
  fallTo(300);
  expect(scroller.scrollTop).toBeGreaterThan(8000); // it follows the car
  fallTo(400);
  expect(scroller.scrollTop).toBeGreaterThan(12_000);
  scroller.scrollTop = 40_000; // the browser's event comes with the next frame
  fallTo(500);
  expect(scroller.scrollTop).toBe(40_000);
});
