/* Fault drills and actors, under /api/v1. */

export const VERBS = ['kill', 'poison', 'panic', 'stall', 'hits', 'store', 'link', 'cpu'] as const;
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
    /** How much later than `for` a batch of a slow link may come. */
    jitter?: string;
    when?: string;
  }
>;

/** Bounds on the figures of a drill, by figure, and by kind of actor where the figure has kinds. */
export type DrillConditions = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly expect?: DrillConditions;
  readonly abort?: DrillConditions;
}

export type DrillOrder = (
  | { readonly scenario: string }
  | {
      readonly name: string;
      readonly seed: number;
      readonly faults: readonly Fault[];
      readonly expect?: DrillConditions;
      readonly abort?: DrillConditions;
    }
) & {
  /** The race time at which the drill begins, such as `90s`. */
  readonly at?: string;
};

/** One comparison of a race under faults with the same race without. */
export interface DrillCheck {
  readonly what: string;
  /** The log, the store, InfluxDB or a spectator. */
  readonly where: string;
  /** How it came out, in words. */
  readonly text: string;
  readonly identical: boolean;
}

/** Percentiles of durations; a count of 0 means that there was none. */
export interface RecoveryTimes {
  readonly count: number;
  readonly p50_us: number;
  readonly p99_us: number;
  readonly max_us: number;
}

/** From a fault to the next incarnation, and to the first thing that others wait for. */
export interface Recovery {
  readonly restart: RecoveryTimes;
  readonly progress: RecoveryTimes;
  /** Faults after which there was no progress to the end of the race. */
  readonly without_progress: number;
}

/** Compares a race under faults with the same race without. */
export interface DrillVerdict {
  readonly injected: number;
  /** By kind of actor. */
  readonly restarts: Readonly<Record<string, number>>;
  /** By kind of actor, and of store, link and influx where they were away. */
  readonly recovery: Readonly<Record<string, Recovery>>;
  /** The longest time without a durable commit, under faults and undisturbed. */
  readonly longest_stall_us: number;
  readonly longest_stall_undisturbed_us: number;
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
  readonly phase: 'on' | 'judging' | 'passed' | 'failed' | 'interrupted';
  readonly injected: number;
  readonly text: string;
  readonly started_at: string;
  /** The verdict of the race up to the end of the drill's faults; null without one. */
  readonly early: EarlyVerdict | null;
  /** Null until the race is over, and where the drill could not be judged. */
  readonly verdict: DrillVerdict | null;
  /** Whether what the drill has left can be downloaded. */
  readonly folder: boolean;
  /** The number of the order for races to come by which it has begun. */
  readonly order: number | null;
}

/** Judges a race from its beginning to the end of a tick. */
export interface EarlyVerdict {
  readonly as_of_tick: number;
  readonly text: string;
  readonly verdict: DrillVerdict;
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
