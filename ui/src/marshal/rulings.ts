import type { Passing, Ruling } from '../api';

const PENALTY_KINDS: ReadonlySet<string> = new Set([
  'time',
  'drive_through',
  'stop_and_go',
  'lap_deleted',
  'retired',
  'did_not_start',
  'disqualified',
]);
/** Penalties that a car can serve in the pit lane. */
const SERVABLE: ReadonlySet<string> = new Set(['time', 'drive_through', 'stop_and_go']);

/** A penalty and whether it can be or was served. */
export interface Penalty {
  readonly ruling: Ruling;
  readonly servable: boolean;
  /** The ruling that marks it as served. */
  readonly served: Ruling | null;
}

const isInForce = (r: Ruling): boolean => !r.undone && r.refused === null;

/** The penalties, newest first, including undone ones. */
export function penaltiesFrom(rulings: readonly Ruling[]): readonly Penalty[] {
  const served = new Map(rulings.filter((r) => r.kind === 'served' && isInForce(r)).map((r) => [r.of, r]));
  return rulings
    .filter((r) => PENALTY_KINDS.has(r.kind) && r.refused === null)
    .map((ruling) => ({
      ruling,
      servable: SERVABLE.has(ruling.kind) && !ruling.undone && !served.has(ruling.seq),
      served: served.get(ruling.seq) ?? null,
    }))
    .reverse();
}

const CREATING: ReadonlySet<string> = new Set(['insert', 'split']);
const JUDGING: ReadonlySet<string> = new Set(['accept', 'reject', 'move']);

/** The newest ruling on a passing, or the one that created it, if it can be undone. */
export function rulingInForce(passing: Passing, rulings: readonly Ruling[]): Ruling | null {
  return (
    rulings.findLast(
      (r) =>
        r.undoable &&
        isInForce(r) &&
        ((JUDGING.has(r.kind) && r.of === passing.seq) || (CREATING.has(r.kind) && r.seq === passing.seq)),
    ) ?? null
  );
}
