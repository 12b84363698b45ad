import { expect, test } from 'vitest';

import { golden } from '../test/golden';
import { Board, EVENTS_MAX } from './board';
import { EventKind, type Fact, type Facts, type RaceEvent, type Snapshot } from './model';
import { nameOf } from './events';
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
const told = (e: RaceEvent): Fact => ({ kind: 'event', event: e });
const taken = ({ kind, of, car }: RaceEvent): Fact => ({ kind: 'withdrawn', event: { kind, of, car } });
const events = (board: Board): readonly RaceEvent[] => board.view()?.events ?? [];

test('an event that is told again amends the one of its name, and moves to its place', () => {
  const lead = event(EventKind.Leader, 10, 0, 60_000);
  const result = event(EventKind.Result, 0, 0, 90_000);
  const board = fresh([lead, result]);
  board.apply(facts(told({ ...lead, timeMs: 95_000, lap: 2 })));
  expect(events(board)).toEqual([result, { ...lead, timeMs: 95_000, lap: 2 }]);
  board.apply(facts(told({ ...result, value: 2 })));
  expect(events(board)).toMatchObject([{ kind: EventKind.Result, value: 2 }, { kind: EventKind.Leader }]);
});

test('an event with another winner has another name: the first is withdrawn', () => {
  const [one, two] = [event(EventKind.Result, 0, 0, 90_000, 1), event(EventKind.Result, 0, 1, 90_000, 2)];
  const board = fresh([one]);
  board.apply(facts(taken(one), told(two)));
  expect(events(board)).toEqual([two]);
});

test('events are by time, and of one time by kind, car and record, whenever they were told', () => {
  const sorted = [
    event(EventKind.Start, 0, -1, 0),
    event(EventKind.PitIn, 9, 1, 50_000),
    event(EventKind.FastestLap, 7, 0, 60_000),
    event(EventKind.Leader, 3, -1, 60_000),
    event(EventKind.Leader, 8, 0, 60_000),
    event(EventKind.Leader, 2, 1, 60_000),
    event(EventKind.Leader, 7, 1, 60_000),
  ];
  for (let turn = 0; turn < sorted.length; turn++) {
    const board = fresh();
    const from = [...sorted.slice(turn), ...sorted.slice(0, turn)];
    for (const e of turn % 2 ? from.toReversed() : from) board.apply(facts(told(e)));
    expect(events(board)).toEqual(sorted);
  }
});

test('what is withdrawn is gone, and what nobody knew changes nothing', () => {
  const [one, two] = [event(EventKind.PitIn, 5, 0, 1000), event(EventKind.PitIn, 5, 1, 1000)];
  const board = fresh([one, two]);
  const before = events(board);
  board.apply(facts(taken(event(EventKind.PitOut, 5, 0, 0))));
  expect(events(board)).toEqual(before);
  board.apply(facts(taken(one)));
  expect(events(board)).toEqual([two]);
  expect(before).toEqual([one, two]); // whoever has a view keeps it
});

test('the newest events stay, and a late one takes its place among them', () => {
  const board = fresh();
  const many = Array.from({ length: 2 * EVENTS_MAX + 1 }, (_, i) => event(EventKind.PitIn, i, 0, 1000 * i));
  for (const e of many) board.apply(facts(told(e)));
  expect(events(board)).toEqual(many.slice(-EVENTS_MAX));
  const late = event(EventKind.PitOut, 1, 1, 1000 * (2 * EVENTS_MAX) - 500);
  board.apply(facts(told(late)));
  expect(events(board).at(-2)).toEqual(late);
});

test('a snapshot has each name once, in order', () => {
  const [a, b] = [event(EventKind.Leader, 1, 0, 2000), event(EventKind.Leader, 2, 0, 1000)];
  const names = events(fresh([a, b, { ...a, lap: 9 }])).map((e) => [nameOf(e), e.lap]);
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

test('where a part of the order is told each car has one place, and those that are told theirs', () => {
  const board = large(1000);
  board.look(500, 504);
  // Into sight came 700 and 2; 501 and 503 went, and where to is not told. 900 is looked at, and 2 had led.
  board.apply(facts(places(500, 700, 500, 2, 502), places(400, 900), places(0, 1)));
  const view = board.view();
  expect(view?.order.slice(500, 504)).toEqual([700, 500, 2, 502]);
  expect([view?.places[900], view?.places[1], view?.order[0]]).toEqual([400, 0, 1]);
  expect(new Set(view?.order).size).toBe(1000);
  expect(view?.order.every((car, place) => view.places[car] === place)).toBe(true);
  expect(view?.sight).toEqual([500, 504]);
});

test('in a large field what is newly looked at comes with the seq that was seen last', () => {
  const board = large(301);
  const first = facts(places(0, 1, 0));
  expect(board.apply(first)).toBe(true);
  expect(board.apply({ ...first, facts: [places(100, 7)] })).toBe(true);
  expect(board.view()?.places[7]).toBe(100);
  expect(board.apply({ ...first, seq: first.seq - 1 })).toBe(false);
});
