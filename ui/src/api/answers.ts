/* The HTTP contract under /api/v1, written by hand; names are the server's. */

export type RaceStatus = 'waiting' | 'running' | 'paused' | 'finished' | 'failed';

export type LineKindName = 'finish' | 'sector' | 'mini' | 'speed_trap' | 'pit_entry' | 'pit_exit';

export interface RaceSummary {
  readonly id: string;
  readonly name: string;
  readonly kind: 'simulation' | 'external';
  readonly status: RaceStatus;
  readonly circuit: string;
  readonly cars: number;
  /** The distance as far as it is known; 0 for a race by time. */
  readonly laps: number;
  readonly leader_lap: number;
  readonly seed: number;
  readonly tick_hz: number;
  /** A multiple of real time; 0: as fast as possible. */
  readonly speed: number;
  readonly created_at: string;
  /** The winner's code. */
  readonly winner: string | null;
}

export interface CircuitSummary {
  readonly key: string;
  readonly name: string;
  readonly length_m: number;
  /** One descriptive sentence. */
  readonly character: string;
}

export interface CircuitLine {
  readonly kind: LineKindName;
  readonly sector: number;
  readonly permyriad: number;
}

export type Point = readonly [x: number, y: number];

export interface Circuit extends CircuitSummary {
  /** In metres, x east and y north, at equal steps of the lap from the finish line; not closed. */
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

/** Missing fields get the server's defaults. */
export interface ExternalEntry {
  readonly driver_number: number;
  readonly name_acronym?: string;
  readonly full_name?: string;
  readonly team_name?: string;
  readonly grid_position?: number;
  readonly transponders?: readonly string[];
}

/** A race of real cars, reported by a timing house. */
export interface ExternalOrder {
  readonly kind: 'external';
  readonly name: string;
  readonly circuit?: string;
  /** In driving order, the finish line first. Replaces a circuit. */
  readonly lines?: readonly { readonly kind: LineKindName; readonly sector?: number }[];
  readonly rules: {
    /** The preset, which the other fields override. */
    readonly name: 'f1' | 'endurance' | 'kart';
    readonly laps: number;
    readonly window_limit_us?: number;
    /** Whether a car's first crossing of the finish line ends lap 1 or starts it. */
    readonly first_crossing: 'ends_lap' | 'starts_lap';
    /** How long crossings count after the chequered flag; 0: until the race is stopped. */
    readonly finish_window_us: number;
  };
  readonly entries: readonly ExternalEntry[];
}

export type RaceControl = 'start' | 'pause' | 'resume' | 'stop';

export interface FieldError {
  /** Index of the item, from 0, where several were sent. */
  readonly index?: number;
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
  readonly errors: readonly FieldError[];
}
