/*
 * The words of a race as the live line speaks them; mirrored from race/*.go and transport/WIRE.md.
 * Times are race time, 0 = none yet. `car` is a car's 0-based slot, its place in `entries`.
 */

/* Unknown stands for what a newer server says and this page does not know. */

export enum Status {
  Unknown = -1,
  Waiting,
  Running,
  Paused,
  Finished,
  Failed,
}

/** Whether a race waits for its start, runs or is paused: it is not over. */
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

/** How a car's race ended; the last four are of a race that is not over. */
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
  /** The car was not seen for as long as three of the fastest laps take. */
  NotRunning,
}

/** Marks an event that concerns no single car. */
export const NO_CAR = -1;

export interface Line {
  readonly kind: LineKind;
  /** From 1: the sector that ends here; 0 for other lines. */
  readonly sector: number;
  readonly permyriad: number;
}

export interface RaceInfo {
  readonly id: string;
  readonly name: string;
  readonly kind: 'simulation' | 'external';
  /** The circuit's key; empty where only the lines are known. */
  readonly circuit: string;
  readonly cars: number;
  /** The announced distance, 0 for a race by time alone. SessionStatus.laps is what aborted starts left of it. */
  readonly laps: number;
  /** Times real time; 0: as fast as possible. */
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
  /** Above 0: that many laps behind, and the time does not apply. */
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
  /** One mark for each mini-sector of the lap being driven. */
  readonly minis: Uint8Array;
  readonly speedTrapKmh: number;
  readonly bestIsSession: boolean;
}

export interface Lap {
  readonly car: number;
  readonly number: number;
  readonly durationMs: number;
  readonly endMs: number;
  /** 1 and the cars that completed their lap of this number earlier. */
  readonly position: number;
  /** Session best on one lap of all, personal best on one lap of every other car. */
  readonly mark: Mark;
  readonly deleted: boolean;
  /** The record of the passing that ended the lap; rulings name the lap by it. */
  readonly passing: number;
}

/** Names an event for good: of two with one name the later one amends the earlier. */
export interface EventName {
  readonly kind: EventKind;
  /** The record that the event is about, 0 for the start, the chequered flag and the result. */
  readonly of: number;
  /** NO_CAR where it concerns all. */
  readonly car: number;
}

export interface RaceEvent extends EventName {
  /** The lap that was completed for a new leader, a fastest lap and the chequered flag, else the one being driven. */
  readonly lap: number;
  readonly timeMs: number;
  readonly value: number;
  readonly text: string;
}

export interface Classified {
  /** 0: none. */
  readonly position: number;
  readonly car: number;
  readonly laps: number;
  readonly status: ClassifiedStatus;
  /** -1 where it does not apply, as in the other times. */
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
  /** From 1; 0 where a server does not say. */
  readonly version: number;
  readonly status: ResultStatus;
  /** The same lines by car. */
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
  /** It happened, or amends the one of the same name. */
  | { readonly kind: 'event'; readonly event: RaceEvent }
  /** A correction made the event of this name untrue. */
  | { readonly kind: 'withdrawn'; readonly event: EventName }
  | { readonly kind: 'session'; readonly session: SessionStatus }
  | { readonly kind: 'result'; readonly result: Result }
  /** What is made of a hit was told, or told anew. */
  | { readonly kind: 'passing'; readonly seq: number }
  /** The rulebook does not allow a record. */
  | { readonly kind: 'refused'; readonly seq: number; readonly reason: string };

export interface Facts {
  readonly type: 'facts';
  readonly seq: number;
  readonly timeUs: number;
  readonly facts: readonly Fact[];
}

/** Cars at one instant: the columns that the map needs. Of a large field a frame has some cars. */
export interface Frame {
  readonly type: 'frame';
  readonly tick: number;
  readonly timeUs: number;
  /** The car of the first item; the others follow it. */
  readonly first: number;
  /** The cars where they are not in a row, else null. */
  readonly cars: Uint32Array | null;
  /** 65536ths of the lap from the finish line. */
  readonly lapFraction: Uint16Array;
  readonly state: Uint8Array;
}

export interface Pulse {
  readonly type: 'pulse';
  readonly wallMs: number;
}

/** From this many cars on a spectator is told only of what it looks at, as race.LookFrom. */
export const LARGE_FROM = 301;
/** What may be looked at, as race.LookPlaces and race.LookCars. */
export const LOOK_PLACES = 200;
export const LOOK_CARS = 64;

/** What a spectator of a large field looks at: places from 0, `to` not among them, and cars wherever they are. */
export interface Look {
  readonly from: number;
  readonly to: number;
  readonly cars: readonly number[];
}

/** A drill strikes, then the same race undisturbed is run beside it, then the verdict is there. */
export enum DrillPhase {
  On,
  Judging,
  Passed,
  Failed,
}

/** An actor's death and its next incarnation. */
export interface Restart {
  readonly kind: string;
  /** NO_CAR where it is no car's actor. */
  readonly car: number;
  readonly reason: string;
  /** From the death to the next incarnation. */
  readonly tookUs: number;
}

export interface DrillState {
  readonly name: string;
  readonly phase: DrillPhase;
  readonly injected: number;
  /** The verdict in a sentence, or what was broken. */
  readonly text: string;
}

/** What happens to a race's actors and not to the race: no record tells of it. */
export interface Ops {
  readonly type: 'ops';
  readonly restarts: number;
  /** The newest since the last time, 100 at most. */
  readonly recent: readonly Restart[];
  /** The one that is on, or the last one. */
  readonly drill: DrillState | null;
}

export type Message = Snapshot | Facts | Frame | Pulse | Ops;
