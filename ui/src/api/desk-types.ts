/* Rulings, passings and results under /api/v1/races/{id}. */

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

/** Who decided and why. */
export interface Signature {
  readonly author: string;
  readonly reason: string;
}

export interface FlagRuling extends Pick<Signature, 'author'> {
  readonly flag: FlagOrder;
  readonly sector?: number;
  readonly reason?: string;
}

export type PenaltyRuling = Signature &
  (
    | { readonly kind: 'time'; readonly driver_number: number; readonly amount_ms: number }
    | {
        readonly kind: 'lap_deleted';
        readonly driver_number: number;
        readonly lap: number;
        /**
         * The record of the passing that ended the lap. It identifies the lap; a correction may change the lap's
         * number.
         */
        readonly passing: number;
      }
    | { readonly kind: 'served'; readonly driver_number: number; readonly of: number }
    | {
        readonly kind: Exclude<PenaltyKind, 'time' | 'lap_deleted'>;
        readonly driver_number: number;
      }
  );

export type CorrectionRuling = Signature &
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
        /** Assigned from this time on. */
        | { readonly time_us: number }
      ))
    | {
        readonly kind: 'offset';
        readonly decoder: string;
        /** One session of the decoder. Where it is missing, all sessions without an offset of their own. */
        readonly session?: string;
        /** Added to the decoder's times; replaces an earlier offset. */
        readonly offset_us: number;
      }
    /** When the start signal was given, in present race time or as a date. */
    | { readonly kind: 'start'; readonly at_us: number }
    | { readonly kind: 'start'; readonly started_at: string }
    | {
        readonly kind: 'insert';
        readonly driver_number: number;
        readonly line: number;
        readonly at_us: number;
      }
  );

/** Acknowledges a ruling that is on disk. */
export interface RulingReceipt {
  readonly seq: number;
  readonly time_us: number;
}

/** A ruling by race control, stewards or marshals. */
export interface Ruling {
  readonly seq: number;
  readonly time_us: number;
  readonly recorded_at: string;
  readonly kind: string;
  readonly driver_number: number | null;
  readonly detail: string;
  readonly author: string;
  readonly reason: string;
  /** The record that the ruling is about. */
  readonly of: number | null;
  readonly undone: boolean;
  readonly undoable: boolean;
  /** Why the rulebook refuses the ruling, which then changes nothing. */
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

/** A decoder and its clock. */
export interface Decoder {
  readonly decoder: string;
  readonly passings: number;
  /** The newest offset of the decoder or of one of its sessions. */
  readonly offset_us: number;
  readonly lag_ms: number | null;
}

/** A car on a timing line at a time, and the verdict on it. */
export interface Passing {
  readonly seq: number;
  /** Null for an unknown transponder. */
  readonly driver_number: number | null;
  readonly line: number;
  /** Null for a passing reported by date before the start signal. */
  readonly time_us: number | null;
  readonly verdict: Verdict;
  /** Why the passing does not count. For one received after the result was final, also what it would change. */
  readonly reason: string;
  /** Where a crossing of the finish line was missed: the estimated time of it, at which a split is offered. */
  readonly split_us: number | null;
  readonly decoder: string;
  readonly session: string;
  readonly sequence: number;
  readonly transponder: string;
}
