/* Fault drills and actors, under /api/v1. */

export const VERBS = ['kill', 'poison', 'panic', 'stall', 'hits', 'store', 'link'] as const;
export type Verb = (typeof VERBS)[number];

/** One fault: a verb (or influx) with its target, how many actors it hits and when. */
export type Fault = Readonly<
  Partial<Record<Verb | 'influx', string>> & {
    number?: number;
    share?: number;
    /** Deaths per actor and second of race time. */
    rate?: number;
    chance?: number;
    /** Durations such as `1s` or `250ms`: race time, except `for`. */
    at?: string;
    every?: string;
    from?: string;
    until?: string;
    for?: string;
    when?: string;
  }
>;

export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly seed: number;
  readonly faults: readonly Fault[];
}

export type DrillOrder =
  | { readonly scenario: string }
  | { readonly name: string; readonly seed: number; readonly faults: readonly Fault[] };

/** One comparison of a race under faults with the same race without. */
export interface DrillCheck {
  readonly what: string;
  /** The log, the store, InfluxDB or a spectator. */
  readonly where: string;
  /** How it came out, in words. */
  readonly text: string;
  readonly identical: boolean;
}

/** Compares a race under faults with the same race without. */
export interface DrillVerdict {
  readonly injected: number;
  /** By kind of actor. */
  readonly restarts: Readonly<Record<string, number>>;
  readonly recovery_p50_us: number;
  readonly recovery_p99_us: number;
  readonly recovery_max_us: number;
  readonly ticks: number;
  readonly ticks_late: number;
  readonly records: number;
  readonly records_lost: number;
  readonly records_doubled: number;
  readonly classification_identical: boolean;
  readonly laps_identical: boolean;
  readonly state_hash_of_every_lap_identical: boolean;
  readonly messages_set_aside: number;
  readonly checks: readonly DrillCheck[];
  /** Broken promises; empty where all were kept. */
  readonly broken: readonly string[];
}

export interface Drill {
  readonly id: number;
  readonly name: string;
  readonly about: string;
  readonly phase: 'on' | 'judging' | 'passed' | 'failed';
  readonly injected: number;
  readonly text: string;
  readonly started_at: string;
  /** Null until the race is over, and where the drill could not be judged. */
  readonly verdict: DrillVerdict | null;
}

/** The present state of an actor. */
export interface ActorNode {
  readonly kind: string;
  readonly id: string;
  readonly restarts: number;
  /** Number of waiting messages. */
  readonly mailbox: number;
  /** Waits for its back-off before the next restart. */
  readonly resting: boolean;
  readonly last_error: string | null;
  readonly last_error_at: string | null;
  readonly children: readonly ActorGroup[];
}

/**
 * The children of one kind. The counts cover all of them; `actors` has those with most restarts and waiting
 * messages.
 */
export interface ActorGroup {
  readonly kind: string;
  readonly count: number;
  readonly restarts: number;
  readonly mailbox: number;
  readonly mailbox_max: number;
  readonly actors: readonly ActorNode[];
}
