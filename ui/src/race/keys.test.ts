import { expect, test } from 'vitest';

import { actionFor } from './keys';

function press(key: string, on: EventTarget = document.body, init: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, ...init });
  Object.defineProperty(event, 'target', { value: on });
  return event;
}

test('shortcuts work, except in text fields and with a modifier', () => {
  expect(actionFor(press('j'), true)).toBe('down');
  expect(actionFor(press('?'), true)).toBe('keys');
  expect(actionFor(press('j', document.createElement('input')), true)).toBeNull();
  expect(actionFor(press('Escape', document.createElement('input')), true)).toBe('escape');
  expect(actionFor(press('r', document.body, { ctrlKey: true }), true)).toBeNull();
});

test('single-letter shortcuts can be turned off, arrows and Enter stay', () => {
  expect(actionFor(press('j'), false)).toBeNull();
  expect(actionFor(press('ArrowDown'), false)).toBe('down');
  expect(actionFor(press('Enter'), false)).toBe('details');
});

test('Enter activates the focused button', () => {
  expect(actionFor(press('Enter', document.createElement('button')), true)).toBeNull();
});

test('arrow keys scroll the focused region, and select a car in a tower row or where nothing scrolls', () => {
  const scroller = document.createElement('div');
  scroller.style.overflowY = 'auto';
  Object.defineProperty(scroller, 'scrollHeight', { value: 2000 });
  Object.defineProperty(scroller, 'clientHeight', { value: 300 });
  scroller.innerHTML = '<p><a href="/">x</a></p><table><tr><td><button>LEC</button></td></tr></table>';
  document.body.append(scroller);
  const press2 = (on: Element, key: string) => actionFor(press(key, on), true);
  expect(press2(scroller, 'ArrowDown')).toBeNull();
  expect(press2(scroller.querySelector('a') as Element, 'ArrowUp')).toBeNull();
  expect(press2(scroller, 'j')).toBe('down');
  expect(press2(scroller.querySelector('button') as Element, 'ArrowDown')).toBe('down');
  scroller.remove();
});
