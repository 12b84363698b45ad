import { expect, test } from 'vitest';

import { golden } from '../test/golden';
import { Board, EVENTS_MAX } from './board';
import { EventKind, type Fact, type Facts, type RaceEvent, type Snapshot } from './model';
import { eventKey } from './events';
import { readMessage } from './wire';

function fresh(events: readonly RaceEvent[] = []): Board {
  const board = new Board();
  board.replace({ ...(readMessage(golden('snapshot')) as Snapshot), seq: 0, events });
  return board;
}
let seq = 0;
const facts = (...list: Fact[]): Facts => ({ type: 'facts', seq: ++seq, timeUs: 0, facts: list });
const event = (kind: EventKind, of: number, car: number, timeMs: number, value = 0): RaceEvent => ({
  kind,
  of,
  car,
  timeMs,
  value,
  lap: 1,
  text: '',
});
const happened = (e: RaceEvent): Fact => ({ kind: 'event', event: e });
const withdrawn = ({ kind, of, car }: RaceEvent): Fact => ({ kind: 'withdrawn', event: { kind, of, car } });
const events = (board: Board): readonly RaceEvent[] => board.view()?.events ?? [];

test('an amended event replaces the one with the same key and moves to its place in time', () => {
  const lead = event(EventKind.Leader, 10, 0, 60_000);
  const result = event(EventKind.Result, 0, 0, 90_000);
  const board = fresh([lead, result]);
  board.apply(facts(happened({ ...lead, timeMs: 95_000, lap: 2 })));
  expect(events(board)).toEqual([result, { ...lead, timeMs: 95_000, lap: 2 }]);
  board.apply(facts(happened({ ...result, value: 2 })));
  expect(events(board)).toMatchObject([{ kind: EventKind.Result, value: 2 }, { kind: EventKind.Leader }]);
});

test('a result with another winner has another key, so the first one is withdrawn', () => {
  const [one, two] = [event(EventKind.Result, 0, 0, 90_000, 1), event(EventKind.Result, 0, 1, 90_000, 2)];
  const board = fresh([one]);
  board.apply(facts(withdrawn(one), happened(two)));
  expect(events(board)).toEqual([two]);
});

test('events are ordered by time, then kind, car and record, in whatever order they arrive', () => {
  const sorted = [
    event(EventKind.Start, 0, -1, 0),
    event(EventKind.PitIn, 9, 1, 50_000),
    event(EventKind.FastestLap, 7, 0, 60_000),
    event(EventKind.Leader, 3, -1, 60_000),
    event(EventKind.Leader, 8, 0, 60_000),
    event(EventKind.Leader, 2, 1, 60_000),
    event(EventKind.Leader, 7, 1, 60_000),
  ];
  for (let shift = 0; shift < sorted.length; shift++) {
    const board = fresh();
    const from = [...sorted.slice(shift), ...sorted.slice(0, shift)];
    for (const e of shift % 2 ? from.toReversed() : from) board.apply(facts(happened(e)));
    expect(events(board)).toEqual(sorted);
  }
});

test('a withdrawn event disappears, and withdrawing an unknown one changes nothing', () => {
  const [one, two] = [event(EventKind.PitIn, 5, 0, 1000), event(EventKind.PitIn, 5, 1, 1000)];
  const board = fresh([one, two]);
  const before = events(board);
  board.apply(facts(withdrawn(event(EventKind.PitOut, 5, 0, 0))));
  expect(events(board)).toEqual(before);
  board.apply(facts(withdrawn(one)));
  expect(events(board)).toEqual([two]);
  expect(before).toEqual([one, two]); // an earlier view does not change
});

test('the board keeps the newest events and sorts a late one in', () => {
  const board = fresh();
  const many = Array.from({ length: 2 * EVENTS_MAX + 1 }, (_, i) => event(EventKind.PitIn, i, 0, 1000 * i));
  for (const e of many) board.apply(facts(happened(e)));
  expect(events(board)).toEqual(many.slice(-EVENTS_MAX));
  const late = event(EventKind.PitOut, 1, 1, 1000 * (2 * EVENTS_MAX) - 500);
  board.apply(facts(happened(late)));
  expect(events(board).at(-2)).toEqual(late);
});

test('a snapshot with a repeated event shows it once, in order', () => {
  const [a, b] = [event(EventKind.Leader, 1, 0, 2000), event(EventKind.Leader, 2, 0, 1000)];
  const names = events(fresh([a, b, { ...a, lap: 9 }])).map((e) => [eventKey(e), e.lap]);
  expect(names).toEqual([
    ['8.2.0', 1],
    ['8.1.0', 9],
  ]);
});

function large(cars: number): Board {
  const board = new Board();
  const snapshot = readMessage(golden('snapshot')) as Snapshot;
  const [entry] = snapshot.entries;
  if (!entry) throw new Error('no entry');
  const order = Uint32Array.from({ length: cars }, (_, i) => i);
  board.replace({ ...snapshot, seq: 0, rows: [], order, entries: new Array(cars).fill(entry) });
  return board;
}
const places = (from: number, ...cars: number[]): Fact => ({
  kind: 'order',
  from,
  cars: Uint32Array.from(cars),
});

test('after a partial order each car has one place, and the reported cars have theirs', () => {
  const board = large(1000);
  board.watch(500, 504);
  // Cars 700 and 2 come into view; 501 and 503 leave it for places that are not sent. Car 900 is watched, car 2 led
  // before.
  board.apply(facts(places(500, 700, 500, 2, 502), places(400, 900), places(0, 1)));
  const view = board.view();
  expect(view?.order.slice(500, 504)).toEqual([700, 500, 2, 502]);
  expect([view?.places[900], view?.places[1], view?.order[0]]).toEqual([400, 0, 1]);
  expect(new Set(view?.order).size).toBe(1000);
  expect(view?.order.every((car, place) => view.places[car] === place)).toBe(true);
  expect(view?.watchedPlaces).toEqual([500, 504]);
});

test('in a large field, places that come into view arrive with the previous sequence number', () => {
  const board = large(301);
  const first = facts(places(0, 1, 0));
  expect(board.apply(first)).toBe(true);
  expect(board.apply({ ...first, facts: [places(100, 7)] })).toBe(true);
  expect(board.view()?.places[7]).toBe(100);
  expect(board.apply({ ...first, seq: first.seq - 1 })).toBe(false);
});
