/* The stored history of a race, under /api/v1/races/{id}. Times are race time. */
import type { CircuitLine, RaceSummary } from './answers';

export interface RaceDetail extends RaceSummary {
  readonly lines: readonly CircuitLine[];
}

export interface RaceEntry {
  readonly driver_number: number;
  readonly name_acronym: string;
  readonly full_name: string;
  readonly team_name: string;
  /** rrggbb, or empty. */
  readonly team_colour: string;
  /** 0: no grid. */
  readonly grid_position: number;
}

/** The first four occur only while the race is not over. */
export type CarStatus =
  | 'waiting'
  | 'running'
  /** The race is suspended or paused. */
  | 'stopped'
  /** The car has not crossed a line for three times the fastest lap. */
  | 'not_running'
  | 'finished'
  | 'retired'
  | 'not_classified'
  | 'did_not_start'
  | 'disqualified';

export interface ClassifiedCar {
  /** Null: no position. */
  readonly position: number | null;
  readonly driver_number: number;
  readonly laps: number;
  readonly status: CarStatus;
  readonly best_lap: number | null;
}

export interface Lap {
  readonly driver_number: number;
  readonly lap_number: number;
  readonly lap_duration_ms: number | null;
  readonly end_ms: number;
  /** 1 plus the number of cars that completed their lap of this number earlier. */
  readonly position: number;
  readonly compound: 'soft' | 'medium' | 'hard' | 'unknown';
  readonly tyre_age: number;
  readonly is_pit_in_lap: boolean;
  readonly is_pit_out_lap: boolean;
  /** session_best on the fastest lap of all, personal_best on the fastest of every other car. */
  readonly mark: 'none' | 'slower' | 'personal_best' | 'session_best';
  /** A deleted lap counts for the distance but not as a best. */
  readonly is_deleted: boolean;
  /** The record of the passing that ended the lap. Rulings identify the lap by it. */
  readonly passing: number;
}

/** A pass through the pit lane. */
export interface PitStop {
  readonly stop: number;
  readonly driver_number: number;
  readonly lap: number;
  readonly time_ms: number;
  readonly pit_lane_ms: number | null;
  readonly stationary_ms: number | null;
}

/** A lap by distance. A column is null where the car did not report that channel. */
export interface Profile {
  readonly driver_number: number;
  readonly name_acronym: string;
  readonly lap_number: number;
  readonly lap_duration_ms: number;
  readonly compound: string;
  readonly tyre_age: number;
  readonly distance_from: 'lap_fraction' | 'speed' | 'x_y';
  readonly time_ms: readonly number[];
  readonly speed: readonly number[] | null;
  readonly throttle: readonly number[] | null;
  readonly brake: readonly number[] | null;
  readonly n_gear: readonly number[] | null;
}

/** Two laps at the same distances. */
export interface Comparison {
  readonly length_m: number;
  readonly step_m: number;
  readonly distance: readonly number[];
  readonly a: Profile;
  readonly b: Profile;
  /** Time of b minus time of a. */
  readonly delta_ms: readonly number[];
}
