/* What is kept of a race, under /api/v1/races/{id}; times are race time. */
import type { CircuitLine, RaceSummary } from './types';

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
  /** 0: there is no grid. */
  readonly grid_position: number;
}

/** How a car stands. The first four are of a race that is not over. */
export type CarStatus =
  | 'waiting'
  | 'running'
  /** The race is suspended or paused. */
  | 'stopped'
  /** The car was not seen for as long as three of the fastest laps take. */
  | 'not_running'
  | 'finished'
  | 'retired'
  | 'not_classified'
  | 'did_not_start'
  | 'disqualified';

export interface ClassifiedCar {
  /** Null: none. */
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
  /** 1 and the cars that completed their lap of this number earlier. */
  readonly position: number;
  readonly compound: 'soft' | 'medium' | 'hard' | 'unknown';
  readonly tyre_age: number;
  readonly is_pit_in_lap: boolean;
  readonly is_pit_out_lap: boolean;
  /** session_best on one lap of all, personal_best on one lap of every other car. */
  readonly mark: 'none' | 'slower' | 'personal_best' | 'session_best';
  /** It counts for the distance and not as a best. */
  readonly is_deleted: boolean;
  /** The record of the passing that ended the lap; rulings name the lap by it. */
  readonly passing: number;
}

/** A way through the pit lane. */
export interface PitStop {
  readonly stop: number;
  readonly driver_number: number;
  readonly lap: number;
  readonly time_ms: number;
  readonly pit_lane_ms: number | null;
  readonly stationary_ms: number | null;
}

/** A lap by distance; a column is null where the car did not tell. */
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
  /** How much later b is than a. */
  readonly delta_ms: readonly number[];
}
