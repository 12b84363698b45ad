import { expect, test } from 'vitest';

import type { ActorGroup, ActorNode } from '../api';
import { keyAction, totals, visibleRows } from './tree';

function node(kind: string, id: string, more: Partial<ActorNode> = {}): ActorNode {
  const idle = { restarts: 0, mailbox: 0, resting: false, last_error: null, last_error_at: null };
  return { ...idle, kind, id, children: [], ...more };
}

function group(kind: string, actors: readonly ActorNode[], more: Partial<ActorGroup> = {}): ActorGroup {
  const restarts = actors.reduce((sum, one) => sum + one.restarts, 0);
  return { kind, count: actors.length, restarts, mailbox: 0, mailbox_max: 0, actors, ...more };
}

const cars = Array.from({ length: 5 }, (_, i) => node('car', String(i), { restarts: i }));
const race = node('race', 'demo', {
  children: [
    group('checkpoint', [node('checkpoint', '0')]),
    group('car', cars, { count: 40, mailbox_max: 3 }),
  ],
});
const roots = [node('processor', '1'), node('simulator', '1', { children: [group('race', [race])] })];
const none = new Set<string>();

test('actors with most restarts come first, a group of one is shown as that actor, a large group is closed', () => {
  expect(visibleRows(roots, none).map((row) => [row.level, row.key, row.open])).toEqual([
    [1, 'simulator/1', true],
    [2, 'simulator/1/race/demo', true],
    [3, 'simulator/1/race/demo/car', false],
    [3, 'simulator/1/race/demo/checkpoint/0', null],
    [1, 'processor/1', null],
  ]);
  expect(totals(roots)).toEqual({ alive: 44, restarts: 10, mailbox: 0 });
});

test('an open group lists its actors with most restarts and counts the unlisted ones', () => {
  const open = visibleRows(roots, new Set(['simulator/1/race/demo/car']));
  expect(open.filter((row) => row.level === 4).map((row) => row.id)).toEqual(['4', '3', '2', '1', '0']);
  expect(open[2]).toMatchObject({ alive: 40, restarts: 10, unlisted: 35, open: true });
  expect(open[3]).toMatchObject({ place: 1, places: 40, parent: 'simulator/1/race/demo/car' });
});

test('keys move through the tree as in any tree', () => {
  const rows = visibleRows(roots, none);
  const from = (key: string, pressed: string) => keyAction(rows, key, pressed);
  expect(from('simulator/1', 'ArrowDown')).toEqual({ go: 'simulator/1/race/demo' });
  expect(from('simulator/1', 'ArrowUp')).toEqual({ go: 'simulator/1' });
  expect(from('simulator/1', 'ArrowLeft')).toEqual({ toggle: 'simulator/1' });
  expect(from('simulator/1', 'ArrowRight')).toEqual({ go: 'simulator/1/race/demo' });
  expect(from('simulator/1/race/demo/car', 'ArrowRight')).toEqual({ toggle: 'simulator/1/race/demo/car' });
  expect(from('simulator/1/race/demo/car', 'ArrowLeft')).toEqual({ go: 'simulator/1/race/demo' });
  expect(from('simulator/1', 'End')).toEqual({ go: 'processor/1' });
  expect(from('processor/1', 'Enter')).toEqual({ go: 'processor/1' });
  expect(from('simulator/1', 'x')).toBeNull();
});
