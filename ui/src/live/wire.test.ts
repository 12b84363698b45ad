import { encode } from '@msgpack/msgpack';
import { expect, test } from 'vitest';

import { golden } from '../test/golden';
import { Board } from './board';
import {
  CarState,
  DrillPhase,
  EventKind,
  Flag,
  Mark,
  NO_CAR,
  Status,
  Tyre,
  type Facts,
  type Frame,
  type Snapshot,
} from './model';
import { readMessage, WireError, writeLook } from './wire';

test('the golden snapshot is decoded', () => {
  const s = readMessage(golden('snapshot')) as Snapshot;
  expect(s).toMatchObject({ type: 'snapshot', seq: 4242, timeUs: 123_000_000 });
  expect(s.race).toMatchObject({
    id: 'demo-1',
    name: 'Demo Grand Prix',
    kind: 'simulation',
    cars: 3,
    laps: 57,
    speed: 1.5,
  });
  expect(s.race.lines).toHaveLength(5);
  expect(s.entries[1]).toMatchObject({ number: 44, code: 'BÖB', colour: '#ff5a4d', grid: 2 });
  expect(s.session).toEqual({
    status: Status.Running,
    flag: Flag.Yellow,
    leaderLap: 13,
    laps: 57,
    timeMs: 1_100_000,
  });
  expect([...s.order]).toEqual([2, 1, 0]);
  expect(s.rows[1]).toMatchObject({
    gapMs: 2345,
    sectorsMs: [30_100, 31_200, 0],
    sectorMarks: [Mark.SessionBest, Mark.PersonalBest, Mark.None],
    lastMark: Mark.Slower,
    tyre: Tyre.Medium,
    tyreAgeLaps: 9,
    state: CarState.Running,
    penaltyMs: 5000,
    bestIsSession: true,
  });
  expect(s.events[1]).toMatchObject({ kind: EventKind.Retired, of: 321, car: 0, text: 'gearbox' });
  expect(s.result).toBeNull();
});

test('the golden facts are decoded', () => {
  const f = readMessage(golden('facts')) as Facts;
  expect(f.seq).toBe(4250);
  expect(f.facts.map((x) => x.kind)).toEqual([
    'row',
    'order',
    'lap',
    'event',
    'session',
    'result',
    'withdrawn',
    'passing',
    'refused',
  ]);
  expect(f.facts[2]).toEqual({
    kind: 'lap',
    lap: {
      car: 1,
      number: 12,
      durationMs: 92_512,
      endMs: 1_100_000,
      position: 2,
      mark: Mark.Slower,
      deleted: false,
      passing: 4247,
    },
  });
  expect(f.facts[3]).toMatchObject({ event: { kind: EventKind.Flag, of: 4249, car: NO_CAR, lap: 13 } });
  expect(f.facts[6]).toEqual({
    kind: 'withdrawn',
    event: { kind: EventKind.FastestLap, of: 4211, car: 2 },
  });
  const result = f.facts.find((x) => x.kind === 'result');
  expect(result?.kind === 'result' && result.result.byCar.get(1)?.position).toBe(2);
  expect(result?.kind === 'result' && result.result.classified[2]).toMatchObject({
    position: 0,
    gapLaps: 37,
    reason: 'gearbox',
  });
});

test('the golden frame, and the one for the map, are decoded', () => {
  for (const name of ['frame', 'picture']) {
    const f = readMessage(golden(name)) as Frame;
    expect(f).toMatchObject({ tick: 54_000, timeUs: 5_400_000_000 });
    expect(f.lapFraction).toHaveLength(20);
    expect(f.lapFraction[3]).toBe(9000);
    expect(f.state[0]).toBe(CarState.Running);
  }
  expect(readMessage(golden('pulse'))).toEqual({ type: 'pulse', wallMs: 1_795_000_000_123, behindMs: 0 });
});

test('the golden cars are decoded, and a look is encoded as the server reads it', () => {
  const picture = readMessage(golden('picture')) as Frame;
  const f = readMessage(golden('cars')) as Frame;
  expect(f).toMatchObject({ tick: 54_000, timeUs: 5_400_000_000 });
  expect([...(f.cars ?? [])]).toEqual([17, 3]);
  expect([...f.lapFraction]).toEqual([picture.lapFraction[17], picture.lapFraction[3]]);
  expect([...f.state]).toEqual([CarState.Running, CarState.Running]);
  expect(writeLook({ from: 300, to: 362, cars: [17, 3] })).toEqual(golden('look'));
  expect(() =>
    readMessage(encode([1, 6, 1, 1, new Uint8Array(8), new Uint8Array(4), new Uint8Array(1)])),
  ).toThrow(WireError);
});

test('the golden ops are decoded, with and without a drill', () => {
  expect(readMessage(golden('ops'))).toEqual({
    type: 'ops',
    restarts: 1234,
    recent: [
      { kind: 'car', car: 2, reason: 'killed in a drill', tookUs: 17 },
      { kind: 'timekeeper', car: NO_CAR, reason: 'a bug', tookUs: 1200 },
    ],
    drill: { name: 'storm', phase: DrillPhase.Passed, injected: 321, text: 'identical' },
  });
  expect(readMessage(encode([1, 5, 0, [], null]))).toMatchObject({ recent: [], drill: null });
  expect(() => readMessage(encode([1, 5, 0, [['car']], null]))).toThrow(WireError);
});

test('a malformed message is refused, and one of an unknown type or with extra items is not', () => {
  for (const bytes of [
    new Uint8Array([0xc1]),
    encode('text'),
    encode([2, 4, 7]),
    encode([1, 3, 0]),
    encode([]),
  ]) {
    expect(() => readMessage(bytes)).toThrow(WireError);
  }
  expect(readMessage(encode([1, 99, 'later']))).toBeNull();
  expect(readMessage(encode([1, 4, 7, 8, 'more']))).toEqual({ type: 'pulse', wallMs: 7, behindMs: 8 });
});

test('verdicts and refused records are decoded in short, retracted laps are skipped', () => {
  const none = -(2 ** 63);
  const f = readMessage(
    encode([
      1,
      2,
      9,
      0,
      [
        [8, 7, -1, 0, 99, 2, 'no such car', none],
        [9, 8, 'too late'],
        [7, 0, 3],
      ],
    ]),
  ) as Facts;
  expect(f.facts).toEqual([
    { kind: 'passing', seq: 7 },
    { kind: 'refused', seq: 8, reason: 'too late' },
  ]);
});

test('a board folds facts once, in order', () => {
  const board = new Board();
  const facts = readMessage(golden('facts')) as Facts;
  expect(board.apply(facts)).toBe(false); // there is no snapshot yet to fold into
  board.replace(readMessage(golden('snapshot')) as Snapshot);
  expect(board.apply(facts)).toBe(true);
  const view = board.view();
  expect(view?.order).toEqual([2, 0, 1]);
  expect(view?.events).toHaveLength(3);
  expect(view?.result?.final).toBe(true);
  expect(board.apply(facts)).toBe(false);
  expect(board.view()?.events).toHaveLength(3);
});

test('values that only a newer server knows are decoded as unknown', () => {
  const row = [0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 99, 0, 0, 99, 0, new Uint8Array(0), 0, false];
  const facts = [
    [5, [99, 99, 3, 10, 1000]],
    [1, row],
    [4, [99, -1, 1, 0, 0, '', 1]],
    [4, [EventKind.Flag, -1, 1, 0, 99, '', 1]],
  ];
  const f = readMessage(encode([1, 2, 7, 0, facts])) as Facts;
  expect(f.facts.map((x) => x.kind)).toEqual(['session', 'row', 'event']);
  expect(f.facts[0]).toMatchObject({ session: { status: Status.Unknown, flag: Flag.Unknown } });
  expect(f.facts[1]).toMatchObject({ row: { tyre: Tyre.Unknown, state: CarState.Unknown } });
});
