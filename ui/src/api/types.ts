/* The HTTP contract under /api/v1, derived by hand; names are the server's. */

export type RaceStatus = 'waiting' | 'running' | 'paused' | 'finished' | 'failed';

export type LineKindName = 'finish' | 'sector' | 'mini' | 'speed_trap' | 'pit_entry' | 'pit_exit';

export interface RaceSummary {
  readonly id: string;
  readonly name: string;
  readonly kind: 'simulation' | 'external';
  readonly status: RaceStatus;
  readonly circuit: string;
  readonly cars: number;
  readonly laps: number;
  readonly leader_lap: number;
  readonly seed: number;
  readonly tick_hz: number;
  /** Times real time; 0: as fast as possible. */
  readonly speed: number;
  readonly created_at: string;
  /** The winner's code. */
  readonly winner: string | null;
}

export interface CircuitSummary {
  readonly key: string;
  readonly name: string;
  readonly length_m: number;
  /** One sentence for people. */
  readonly character: string;
}

export interface CircuitLine {
  readonly kind: LineKindName;
  readonly sector: number;
  readonly permyriad: number;
}

export type Point = readonly [x: number, y: number];

export interface Circuit extends CircuitSummary {
  /** Metres, x east and y north, at equal steps of the lap from the finish line; not closed. */
  readonly outline: readonly Point[];
  readonly pit_lane: readonly Point[];
  readonly pit_entry_permyriad: number;
  readonly pit_exit_permyriad: number;
  readonly lines: readonly CircuitLine[];
}

export interface RaceOrder {
  readonly circuit: string;
  readonly cars: number;
  readonly laps: number;
  readonly seed: number;
  readonly speed: number;
  readonly name?: string;
}

export type RaceControl = 'start' | 'pause' | 'resume' | 'stop';

export interface FieldFault {
  readonly field: string;
  readonly message: string;
  readonly allowed?: string;
}

/** application/problem+json. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors: readonly FieldFault[];
}
