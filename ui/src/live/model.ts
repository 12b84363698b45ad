/*
 * The types of live timing, mirrored from race/*.go and transport/WIRE.md. Times are race time, 0: none yet. `car`
 * is a car's 0-based slot, its index in `entries`.
 */

/* Unknown stands for a value that a newer server sends and this page does not know. */

export enum Status {
  Unknown = -1,
  Waiting,
  Running,
  Paused,
  Finished,
  Failed,
}

/** Whether a race is waiting, running or paused, that is, not over. */
export const isOpen = (status: Status): boolean => status >= Status.Waiting && status <= Status.Paused;

export enum Flag {
  Unknown = -1,
  Clear,
  Yellow,
  SafetyCar,
  VirtualSafetyCar,
  Red,
  Chequered,
}

export enum CarState {
  Unknown = -1,
  Grid,
  Running,
  Pit,
  Finished,
  Retired,
  DidNotStart,
  Disqualified,
}

export enum Mark {
  None,
  Slower,
  PersonalBest,
  SessionBest,
}

export enum Tyre {
  Unknown,
  Soft,
  Medium,
  Hard,
}

export enum LineKind {
  Finish,
  Sector,
  Mini,
  SpeedTrap,
  PitEntry,
  PitExit,
}

export enum EventKind {
  Start,
  Flag,
  PitIn,
  PitOut,
  Tyres,
  Retired,
  Penalty,
  FastestLap,
  Leader,
  Chequered,
  DidNotStart,
  Disqualified,
  Result,
}

/** How a car is classified; the last four values occur only while the race is not over. */
export enum ClassifiedStatus {
  Finished,
  Retired,
  NotClassified,
  DidNotStart,
  Disqualified,
  Waiting,
  Running,
  /** The race is suspended or paused. */
  Stopped,
  /** The car has not crossed a line for three times the fastest lap. */
  NotRunning,
}

/** The car of an event that concerns no single car. */
export const NO_CAR = -1;

export interface Line {
  readonly kind: LineKind;
  /** The sector that ends at this line, from 1; 0 for other lines. */
  readonly sector: number;
  readonly permyriad: number;
}

export interface RaceInfo {
  readonly id: string;
  readonly name: string;
  readonly kind: 'simulation' | 'external';
  /** The circuit's key; empty where only the timing lines are known. */
  readonly circuit: string;
  readonly cars: number;
  /** The announced distance, 0 for a race by time alone. SessionStatus.laps is what aborted starts left of it. */
  readonly laps: number;
  /** A multiple of real time; 0: as fast as possible. */
  readonly speed: number;
  readonly tickHz: number;
  readonly lines: readonly Line[];
}

export interface Entry {
  readonly number: number;
  readonly code: string;
  readonly name: string;
  readonly team: string;
  /** `#rrggbb`. */
  readonly colour: string;
  /** From 1; 0 where there is no grid. */
  readonly grid: number;
}

export interface SessionStatus {
  readonly status: Status;
  readonly flag: Flag;
  /** The lap that the leader is on; its last lap once it has finished. */
  readonly leaderLap: number;
  /** The distance as far as it is known, 0 for a race by time. Aborted starts shorten it. */
  readonly laps: number;
  readonly timeMs: number;
}

export interface Row {
  readonly car: number;
  readonly laps: number;
  readonly gapMs: number;
  /** Above 0, the car is that many laps behind and the time does not apply. */
  readonly gapLaps: number;
  readonly intervalMs: number;
  readonly intervalLaps: number;
  readonly lastMs: number;
  readonly bestMs: number;
  readonly sectorsMs: readonly [number, number, number];
  readonly sectorMarks: readonly [Mark, Mark, Mark];
  readonly lastMark: Mark;
  readonly tyre: Tyre;
  readonly tyreAgeLaps: number;
  readonly stops: number;
  readonly state: CarState;
  readonly penaltyMs: number;
  /** One mark for each mini-sector of the current lap. */
  readonly minis: Uint8Array;
  readonly speedTrapKmh: number;
  readonly bestIsSession: boolean;
}

export interface Lap {
  readonly car: number;
  readonly number: number;
  readonly durationMs: number;
  readonly endMs: number;
  /** 1 plus the number of cars that completed their lap of this number earlier. */
  readonly position: number;
  /** Session best on the fastest lap of all, personal best on the fastest of every other car. */
  readonly mark: Mark;
  readonly deleted: boolean;
  /** The record of the passing that ended the lap. Rulings identify the lap by it. */
  readonly passing: number;
}

/** Identifies an event. A later event with the same name amends the earlier one. */
export interface EventName {
  readonly kind: EventKind;
  /** The record that the event is about, 0 for the start, the chequered flag and the result. */
  readonly of: number;
  /** NO_CAR where the event concerns all cars. */
  readonly car: number;
}

export interface RaceEvent extends EventName {
  /** The completed lap for a new leader, a fastest lap and the chequered flag; otherwise the current lap. */
  readonly lap: number;
  readonly timeMs: number;
  readonly value: number;
  readonly text: string;
}

export interface Classified {
  /** 0: no position. */
  readonly position: number;
  readonly car: number;
  readonly laps: number;
  readonly status: ClassifiedStatus;
  /** -1 where it does not apply; so are the other times. */
  readonly durationMs: number;
  readonly gapMs: number;
  readonly gapLaps: number;
  readonly intervalMs: number;
  readonly penaltyMs: number;
  readonly bestLapMs: number;
  readonly bestLap: number;
  readonly reason: string;
}

export enum ResultStatus {
  Provisional,
  Final,
  Amended,
}

export interface Result {
  readonly final: boolean;
  readonly classified: readonly Classified[];
  readonly stateHash: string;
  /** From 1; 0 where the server does not send it. */
  readonly version: number;
  readonly status: ResultStatus;
  /** The entries of `classified` by car. */
  readonly byCar: ReadonlyMap<number, Classified>;
}

export interface Snapshot {
  readonly type: 'snapshot';
  readonly seq: number;
  readonly timeUs: number;
  readonly race: RaceInfo;
  readonly entries: readonly Entry[];
  readonly session: SessionStatus;
  readonly order: Uint32Array;
  readonly rows: readonly Row[];
  readonly events: readonly RaceEvent[];
  readonly result: Result | null;
}

export type Fact =
  | { readonly kind: 'row'; readonly row: Row }
  | { readonly kind: 'order'; readonly from: number; readonly cars: Uint32Array }
  | { readonly kind: 'lap'; readonly lap: Lap }
  /** Adds an event, or amends the one with the same name. */
  | { readonly kind: 'event'; readonly event: RaceEvent }
  /** Retracts an event that a correction made untrue. */
  | { readonly kind: 'withdrawn'; readonly event: EventName }
  | { readonly kind: 'session'; readonly session: SessionStatus }
  | { readonly kind: 'result'; readonly result: Result }
  /** The verdict on a passing is new or has changed. */
  | { readonly kind: 'passing'; readonly seq: number }
  /** The rulebook refuses a record: it changes nothing. */
  | { readonly kind: 'refused'; readonly seq: number; readonly reason: string };

export interface Facts {
  readonly type: 'facts';
  readonly seq: number;
  readonly timeUs: number;
  readonly facts: readonly Fact[];
}

/** Cars at one instant: the columns that the map needs. In a large field a frame has some of the cars. */
export interface Frame {
  readonly type: 'frame';
  readonly tick: number;
  readonly timeUs: number;
  /** The car of the first item; the other items follow by car. */
  readonly first: number;
  /** The cars by item where they are not consecutive, else null. */
  readonly cars: Uint32Array | null;
  /** In 65536ths of a lap from the finish line. */
  readonly lapFraction: Uint16Array;
  readonly state: Uint8Array;
}

export interface Pulse {
  readonly type: 'pulse';
  readonly wallMs: number;
  /** For how long the server has been cut off from the race's log. */
  readonly behindMs: number;
}

/** From this many cars on, a spectator receives only what it looks at; race.LookFrom on the server. */
export const LARGE_FIELD_FROM = 301;
/** The most that a look may ask for; race.LookPlaces and race.LookCars on the server. */
export const LOOK_PLACES_MAX = 200;
export const LOOK_CARS_MAX = 64;

/**
 * The part of a large field that a spectator watches: places from inclusive to exclusive, counted from 0, and cars
 * at any place.
 */
export interface Look {
  readonly from: number;
  readonly to: number;
  readonly cars: readonly number[];
}

/** A drill injects faults, then the server runs the same race without them and compares. */
export enum DrillPhase {
  On,
  Judging,
  Passed,
  Failed,
  /** The server ended before the verdict. */
  Interrupted,
}

/** An actor that died and its next incarnation. */
export interface Restart {
  readonly kind: string;
  /** NO_CAR where the actor is not a car's. */
  readonly car: number;
  readonly reason: string;
  /** Time from the death to the next incarnation. */
  readonly tookUs: number;
}

export interface DrillState {
  readonly name: string;
  readonly phase: DrillPhase;
  readonly injected: number;
  /** The verdict in a sentence, or the broken promises. */
  readonly text: string;
}

/** Restarts and drills of a race's actors. They are no part of the race or its log. */
export interface Ops {
  readonly type: 'ops';
  readonly restarts: number;
  /** The newest restarts since the previous message, 100 at most. */
  readonly recent: readonly Restart[];
  /** The running drill, or the last one. */
  readonly drill: DrillState | null;
}

export type Message = Snapshot | Facts | Frame | Pulse | Ops;
