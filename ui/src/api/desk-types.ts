/* What race control orders and is told, under /api/v1/races/{id}. */

export type FlagOrder =
  'clear' | 'yellow' | 'safety_car' | 'virtual_safety_car' | 'red' | 'abandoned' | 'start_aborted';

export const PENALTIES = [
  'time',
  'drive_through',
  'stop_and_go',
  'lap_deleted',
  'retired',
  'did_not_start',
  'disqualified',
] as const;
export type PenaltyKind = (typeof PENALTIES)[number];

/** Who decided, and why. */
export interface Signed {
  readonly author: string;
  readonly reason: string;
}

export interface FlagRuling extends Pick<Signed, 'author'> {
  readonly flag: FlagOrder;
  readonly sector?: number;
  readonly reason?: string;
}

export type PenaltyRuling = Signed &
  (
    | { readonly kind: 'time'; readonly driver_number: number; readonly amount_ms: number }
    | {
        readonly kind: 'lap_deleted';
        readonly driver_number: number;
        readonly lap: number;
        /** The record that ended the lap: it names the lap for good, a number can become another lap's. */
        readonly passing: number;
      }
    | { readonly kind: 'served'; readonly driver_number: number; readonly of: number }
    | {
        readonly kind: Exclude<PenaltyKind, 'time' | 'lap_deleted'>;
        readonly driver_number: number;
      }
  );

export type CorrectionRuling = Signed &
  (
    | { readonly kind: 'accept' | 'reject' | 'undo'; readonly of: number }
    | { readonly kind: 'move'; readonly of: number; readonly driver_number: number }
    | { readonly kind: 'split'; readonly driver_number: number; readonly at_us: number }
    | ({
        readonly kind: 'assign';
        readonly transponder: string;
        readonly driver_number: number;
      } & (
        | { readonly all: true }
        /** From then on; before, it stays whose it was. */
        | { readonly time_us: number }
      ))
    | {
        readonly kind: 'offset';
        readonly decoder: string;
        /** One session of it; all that no offset names where it is missing. */
        readonly session?: string;
        /** Added to the times that the decoder told, in place of what was set before. */
        readonly offset_us: number;
      }
    /** When the start signal was given: in race time as it is counted now, or as a date. */
    | { readonly kind: 'start'; readonly at_us: number }
    | { readonly kind: 'start'; readonly started_at: string }
    | {
        readonly kind: 'insert';
        readonly driver_number: number;
        readonly line: number;
        readonly at_us: number;
      }
  );

/** Answers a ruling once it is durable. */
export interface Ruled {
  readonly seq: number;
  readonly time_us: number;
}

/** A decision of race control or of the stewards. */
export interface Ruling {
  readonly seq: number;
  readonly time_us: number;
  readonly recorded_at: string;
  readonly kind: string;
  readonly driver_number: number | null;
  readonly detail: string;
  readonly author: string;
  readonly reason: string;
  /** The record that it is about. */
  readonly of: number | null;
  readonly undone: boolean;
  readonly undoable: boolean;
  /** Why the rulebook does not allow it: it changed nothing. */
  readonly refused: string | null;
}

export interface ResultVersion {
  readonly version: number;
  readonly status: 'provisional' | 'final' | 'amended';
  readonly author: string;
  readonly reason: string;
  readonly seq: number;
  readonly time_us: number;
  readonly recorded_at: string;
}

export interface ResultDiff {
  readonly from: number;
  readonly to: number;
  readonly changes: readonly {
    readonly driver_number: number;
    readonly name_acronym: string;
    readonly fields: readonly { readonly field: string; readonly from: unknown; readonly to: unknown }[];
  }[];
}

export const VERDICTS = [
  'suspect',
  'after_the_end',
  'duplicate',
  'rejected',
  'estimated',
  'accepted',
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What is known of a decoder's clock. */
export interface Decoder {
  readonly decoder: string;
  readonly passings: number;
  /** Set for it, or for one of its sessions, last. */
  readonly offset_us: number;
  readonly lag_ms: number | null;
}

/** A hit on a timing line and what is made of it. */
export interface Passing {
  readonly seq: number;
  /** Null where nobody knows whose it is. */
  readonly driver_number: number | null;
  readonly line: number;
  /** Null where it was told by date and the start signal is awaited. */
  readonly time_us: number | null;
  readonly verdict: Verdict;
  /** Why it does not count; of one that came after the result was final, also what it would change. */
  readonly reason: string;
  /** When a missed crossing of the finish line will have been: a split is offered. */
  readonly split_us: number | null;
  readonly decoder: string;
  readonly session: string;
  readonly sequence: number;
  readonly transponder: string;
}
