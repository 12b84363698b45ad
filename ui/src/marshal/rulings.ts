import type { Passing, Ruling } from '../api';

const GIVEN: ReadonlySet<string> = new Set([
  'time',
  'drive_through',
  'stop_and_go',
  'lap_deleted',
  'retired',
  'did_not_start',
  'disqualified',
]);
/** Those that a car can serve in the pit lane. */
const SERVABLE: ReadonlySet<string> = new Set(['time', 'drive_through', 'stop_and_go']);

/** A penalty that was given, and whether it holds. */
export interface Given {
  readonly ruling: Ruling;
  readonly servable: boolean;
  /** The ruling that says that it was served. */
  readonly served: Ruling | null;
}

const holds = (r: Ruling): boolean => !r.undone && r.refused === null;

/** The penalties, newest first, those that were taken back too. */
export function penaltiesOf(rulings: readonly Ruling[]): readonly Given[] {
  const served = new Map(rulings.filter((r) => r.kind === 'served' && holds(r)).map((r) => [r.of, r]));
  return rulings
    .filter((r) => GIVEN.has(r.kind) && r.refused === null)
    .map((ruling) => ({
      ruling,
      servable: SERVABLE.has(ruling.kind) && !ruling.undone && !served.has(ruling.seq),
      served: served.get(ruling.seq) ?? null,
    }))
    .reverse();
}

const MADE: ReadonlySet<string> = new Set(['insert', 'split']);
const JUDGED: ReadonlySet<string> = new Set(['accept', 'reject', 'move']);

/** The newest ruling that a passing is as it is for, where it can be taken back. */
export function standing(passing: Passing, rulings: readonly Ruling[]): Ruling | null {
  return (
    rulings.findLast(
      (r) =>
        r.undoable &&
        holds(r) &&
        ((JUDGED.has(r.kind) && r.of === passing.seq) || (MADE.has(r.kind) && r.seq === passing.seq)),
    ) ?? null
  );
}
