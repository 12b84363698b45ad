import { decode, encode } from '@msgpack/msgpack';

import { stripDirections } from '../format';
import { Items, WireError } from './items';
import { CarState, EventKind, Flag, ResultStatus, Status, Tyre } from './model';
import type {
  Classified,
  DrillState,
  Entry,
  Fact,
  Facts,
  Frame,
  SessionStatus,
  Lap,
  Line,
  Look,
  Mark,
  Message,
  Ops,
  RaceEvent,
  RaceInfo,
  Restart,
  Result,
  Row,
  Snapshot,
} from './model';

export { WireError } from './items';

const VERSION = 1;

const TYPE = { snapshot: 1, facts: 2, frame: 3, pulse: 4, ops: 5, cars: 6, look: 7 } as const;
const FACT = {
  row: 1,
  order: 2,
  lap: 3,
  event: 4,
  session: 5,
  result: 6,
  passing: 8,
  refused: 9,
  withdrawn: 10,
} as const;

/**
 * Decodes a message of transport/WIRE.md. Returns null for a type, and skips facts and events of a kind, that only a
 * newer server knows. Throws WireError for malformed bytes.
 */
export function readMessage(data: ArrayBuffer | Uint8Array): Message | null {
  const m = new Items(unpack(data), 'message');
  const version = m.int(0);
  if (version !== VERSION) throw new WireError(`the server speaks version ${version}, this page ${VERSION}`);
  switch (m.int(1)) {
    case TYPE.snapshot:
      return readSnapshot(m);
    case TYPE.facts:
      return readFacts(m);
    case TYPE.frame:
      return readFrame(m);
    case TYPE.cars:
      return readCars(m);
    case TYPE.pulse:
      return { type: 'pulse', wallMs: m.int(2), behindMs: m.length > 3 ? m.count(3) : 0 };
    case TYPE.ops:
      return readOps(m);
    default:
      return null;
  }
}

/** Encodes a look. */
export function writeLook({ from, to, cars }: Look): Uint8Array<ArrayBuffer> {
  const column = new DataView(new ArrayBuffer(4 * cars.length));
  cars.forEach((car, i) => column.setUint32(4 * i, car, true));
  return encode([VERSION, TYPE.look, from, to, new Uint8Array(column.buffer)]);
}

function unpack(data: ArrayBuffer | Uint8Array): unknown {
  try {
    return decode(data);
  } catch (cause) {
    throw new WireError('message is not MessagePack', { cause });
  }
}

function readSnapshot(m: Items): Snapshot {
  const race = readRace(m.value(4));
  const entries = m.array(5, 'entries').map(readEntry);
  const order = m.u32s(7);
  const rows = m.array(8, 'rows').map(readRow);
  if (rows.length > entries.length) {
    throw new WireError(`snapshot: ${rows.length} rows for ${entries.length} entries`);
  }
  return {
    type: 'snapshot',
    seq: m.count(2),
    timeUs: m.int(3),
    race,
    entries,
    session: readSessionStatus(m.array(6, 'session status')),
    order,
    rows,
    events: m
      .array(9, 'events')
      .map(readEvent)
      .filter((e) => e !== null),
    result: m.isNil(10) ? null : readResult(m.array(10, 'result')),
  };
}

function readRace(value: unknown): RaceInfo {
  if (typeof value !== 'object' || value === null) throw new WireError('race is not a map');
  const map = value as Record<string, unknown>;
  // As an array in a fixed order, so that one reader checks maps and arrays.
  const fields = ['id', 'name', 'kind', 'circuit', 'cars', 'laps', 'speed', 'tick_hz', 'lines'];
  const race = new Items(
    fields.map((field) => map[field]),
    `race (${fields.join(', ')})`,
  );
  const kind = race.string(2);
  if (kind !== 'simulation' && kind !== 'external') throw new WireError(`race: unknown kind ${kind}`);
  return {
    id: race.string(0),
    name: stripDirections(race.string(1)),
    kind,
    circuit: race.string(3),
    cars: race.count(4),
    laps: race.count(5),
    speed: race.number(6),
    tickHz: race.count(7),
    lines: race.array(8, 'lines').map(readLine),
  };
}

function readLine(value: unknown): Line {
  const l = new Items(value, 'line');
  return { kind: l.count(0), sector: l.count(1), permyriad: l.count(2, 10_000) };
}

function readEntry(value: unknown): Entry {
  const e = new Items(value, 'entry');
  const colour = e.string(4);
  return {
    number: e.count(0),
    code: stripDirections(e.string(1)),
    name: stripDirections(e.string(2)),
    team: stripDirections(e.string(3)),
    // Colours go into style attributes and onto the canvas: anything but rrggbb becomes grey.
    colour: /^[0-9a-f]{6}$/i.test(colour) ? `#${colour}` : '#7a8290',
    grid: e.count(5),
  };
}

function readSessionStatus(h: Items): SessionStatus {
  return {
    status: enumValue(Status, h.count(0), Status.Unknown),
    flag: enumValue(Flag, h.count(1), Flag.Unknown),
    leaderLap: h.count(2),
    laps: h.count(3),
    timeMs: h.int(4),
  };
}

function readFacts(m: Items): Facts {
  const facts = m.array(4, 'facts').map(readFact);
  return {
    type: 'facts',
    seq: m.count(2),
    timeUs: m.int(3),
    facts: facts.filter((fact) => fact !== null),
  };
}

function readFact(value: unknown): Fact | null {
  const f = new Items(value, 'fact');
  switch (f.int(0)) {
    case FACT.row:
      return { kind: 'row', row: readRow(f.value(1)) };
    case FACT.order:
      return { kind: 'order', from: f.count(1), cars: f.u32s(2) };
    case FACT.lap:
      return { kind: 'lap', lap: readLap(f.array(1, 'lap')) };
    case FACT.event: {
      const event = readEvent(f.value(1));
      return event && { kind: 'event', event };
    }
    case FACT.session:
      return { kind: 'session', session: readSessionStatus(f.array(1, 'session status')) };
    case FACT.result:
      return { kind: 'result', result: readResult(f.array(1, 'result')) };
    case FACT.passing:
      return { kind: 'passing', seq: f.count(1) };
    case FACT.refused:
      return { kind: 'refused', seq: f.count(1), reason: f.string(2) };
    case FACT.withdrawn:
      return { kind: 'withdrawn', event: { kind: f.count(1), of: f.count(2), car: f.int(3) } };
    default:
      return null;
  }
}

/** The enum's value, or `unknown` for one that only a newer server knows. */
function enumValue<E extends number>(of: Readonly<Record<number, string>>, value: number, unknown: E): E {
  return value in of ? (value as E) : unknown;
}

function readRow(value: unknown): Row {
  const r = new Items(value, 'row');
  const marks = r.count(11, 255);
  const mark = (slot: number): Mark => (marks >> (2 * slot)) & 3;
  return {
    car: r.count(0),
    laps: r.count(1),
    gapMs: r.int(2),
    gapLaps: r.count(3),
    intervalMs: r.int(4),
    intervalLaps: r.count(5),
    lastMs: r.int(6),
    bestMs: r.int(7),
    sectorsMs: [r.int(8), r.int(9), r.int(10)],
    sectorMarks: [mark(0), mark(1), mark(2)],
    lastMark: mark(3),
    tyre: enumValue(Tyre, r.count(12), Tyre.Unknown),
    tyreAgeLaps: r.count(13),
    stops: r.count(14),
    state: enumValue(CarState, r.count(15), CarState.Unknown),
    penaltyMs: r.int(16),
    minis: r.bytes(17),
    speedTrapKmh: r.count(18),
    bestIsSession: r.bool(19),
  };
}

function readLap(l: Items): Lap {
  return {
    car: l.count(0),
    number: l.count(1),
    durationMs: l.int(2),
    endMs: l.int(6),
    position: l.count(7),
    mark: l.count(13),
    deleted: l.bool(14),
    passing: l.count(15),
  };
}

/** Null for a kind of event that this page does not know. */
function readEvent(value: unknown): RaceEvent | null {
  const e = new Items(value, 'event');
  if (!(e.count(0) in EventKind)) return null;
  return {
    kind: e.count(0),
    car: e.int(1),
    lap: e.count(2),
    timeMs: e.int(3),
    value: e.int(4),
    text: e.string(5),
    of: e.count(6),
  };
}

function readResult(r: Items): Result {
  const final = r.bool(0);
  const classified = r.array(1, 'classified').map(readClassified);
  return {
    final,
    classified,
    byCar: new Map(classified.map((line) => [line.car, line])),
    stateHash: r.string(2),
    // Logs of older races end before these items.
    version: r.length > 4 ? r.count(3) : 0,
    status: r.length > 4 ? r.count(4) : final ? ResultStatus.Final : ResultStatus.Provisional,
  };
}

function readClassified(value: unknown): Classified {
  const c = new Items(value, 'classified');
  return {
    position: c.count(0),
    car: c.count(1),
    laps: c.count(2),
    status: c.count(3),
    durationMs: c.int(4),
    gapMs: c.int(5),
    gapLaps: c.count(6),
    intervalMs: c.int(7),
    penaltyMs: c.int(8),
    bestLapMs: c.int(9),
    bestLap: c.count(10),
    reason: c.string(11),
  };
}

function readFrame(m: Items): Frame {
  const lapFraction = m.u16s(5);
  const state = m.bytes(6);
  if (lapFraction.length !== state.length) {
    throw new WireError(`frame: ${lapFraction.length} lap fractions for ${state.length} states`);
  }
  return {
    type: 'frame',
    tick: m.int(2),
    timeUs: m.int(3),
    first: m.count(4),
    cars: null,
    lapFraction,
    state,
  };
}

function readCars(m: Items): Frame {
  const [cars, lapFraction, state] = [m.u32s(4), m.u16s(5), m.bytes(6)];
  if (cars.length !== lapFraction.length || cars.length !== state.length) {
    throw new WireError(
      `cars: ${lapFraction.length} lap fractions, ${state.length} states of ${cars.length}`,
    );
  }
  return { type: 'frame', tick: m.int(2), timeUs: m.int(3), first: 0, cars, lapFraction, state };
}

function readOps(m: Items): Ops {
  return {
    type: 'ops',
    restarts: m.count(2),
    recent: m.array(3, 'restarts').map(readRestart),
    drill: m.isNil(4) ? null : readDrill(m.array(4, 'drill')),
  };
}

function readRestart(value: unknown): Restart {
  const r = new Items(value, 'restart');
  return { kind: r.string(0), car: r.int(1), reason: r.string(2), tookUs: r.int(3) };
}

function readDrill(d: Items): DrillState {
  return { name: d.string(0), phase: d.count(1), injected: d.count(2), text: d.string(3) };
}
