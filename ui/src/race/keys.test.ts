import { expect, test } from 'vitest';

import { action } from './keys';

function press(key: string, on: EventTarget = document.body, init: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, ...init });
  Object.defineProperty(event, 'target', { value: on });
  return event;
}

test('keys act, but not while somebody types or with a modifier', () => {
  expect(action(press('j'), true)).toBe('down');
  expect(action(press('?'), true)).toBe('keys');
  expect(action(press('j', document.createElement('input')), true)).toBeNull();
  expect(action(press('Escape', document.createElement('input')), true)).toBe('escape');
  expect(action(press('r', document.body, { ctrlKey: true }), true)).toBeNull();
});

test('single letters can be turned off, arrows and Enter stay', () => {
  expect(action(press('j'), false)).toBeNull();
  expect(action(press('ArrowDown'), false)).toBe('down');
  expect(action(press('Enter'), false)).toBe('details');
});

test('Enter belongs to the button that has the focus', () => {
  expect(action(press('Enter', document.createElement('button')), true)).toBeNull();
});

test('arrow keys scroll what has the focus; in a row of the tower, and where nothing scrolls, they select', () => {
  const scroller = document.createElement('div');
  scroller.style.overflowY = 'auto';
  Object.defineProperty(scroller, 'scrollHeight', { value: 2000 });
  Object.defineProperty(scroller, 'clientHeight', { value: 300 });
  scroller.innerHTML = '<p><a href="/">x</a></p><table><tr><td><button>LEC</button></td></tr></table>';
  document.body.append(scroller);
  const press2 = (on: Element, key: string) => action(press(key, on), true);
  expect(press2(scroller, 'ArrowDown')).toBeNull();
  expect(press2(scroller.querySelector('a') as Element, 'ArrowUp')).toBeNull();
  expect(press2(scroller, 'j')).toBe('down');
  expect(press2(scroller.querySelector('button') as Element, 'ArrowDown')).toBe('down');
  scroller.remove();
});
