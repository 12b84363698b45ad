import type { PenaltyKind, ResultVersion, Ruling, Signature, Verdict } from '../api';
import { isolate, lapTime, formatSeconds } from '../format';
import { LineKind, type Entry, type Line } from '../live';
import { carTextByNumber } from '../cars';

/** The most characters a reason may have. */
export const REASON_CHARS_MAX = 500;

const RULING_NAMES: Readonly<Record<string, string>> = {
  clear: 'Track clear',
  yellow: 'Yellow flag',
  safety_car: 'Safety car',
  virtual_safety_car: 'Virtual safety car',
  red: 'Red flag',
  chequered: 'Chequered flag',
  abandoned: 'Abandoned',
  start_aborted: 'Start aborted',
  start: 'Start',
  stop: 'Stop',
  pause: 'Pause',
  resume: 'Resume',
  time: 'Time penalty',
  drive_through: 'Drive-through',
  stop_and_go: 'Stop-and-go',
  served: 'Penalty served',
  lap_deleted: 'Lap deleted',
  retired: 'Retired',
  did_not_start: 'Did not start',
  disqualified: 'Disqualified',
  accept: 'Passing accepted',
  reject: 'Passing rejected',
  move: 'Passing moved',
  insert: 'Passing inserted',
  split: 'Lap split',
  assign: 'Transponder assigned',
  offset: 'Decoder offset set',
  start_moved: 'Start signal moved',
  undo: 'Undone',
  result: 'Result declared',
};

/** The name of a kind of ruling; an unknown kind keeps its own. */
export function rulingName(kind: string): string {
  return RULING_NAMES[kind] ?? kind.replaceAll('_', ' ');
}

/** A ruling in words: kind, car and detail; names are isolated. */
export function rulingText(entries: readonly Entry[], r: Ruling): string {
  const car = r.driver_number === null ? '' : ` ${carTextByNumber(entries, r.driver_number)}`;
  return `${rulingName(r.kind)}${car}${r.detail && `, ${isolate(r.detail)}`}`;
}

export const VERDICT_LABELS: Readonly<Record<Verdict, string>> = {
  suspect: 'Suspect',
  after_the_end: 'After the end',
  duplicate: 'Duplicate',
  rejected: 'Rejected',
  estimated: 'Estimated',
  accepted: 'Accepted, most recent',
};

export const VERDICT_EMPTY: Readonly<Record<Verdict, string>> = {
  suspect: 'No suspect passings',
  after_the_end: 'No passings after the end',
  duplicate: 'No duplicate passings',
  rejected: 'No rejected passings',
  estimated: 'No estimated passings',
  accepted: 'No recent accepted passings',
};

export const RESULT_LABELS: Readonly<Record<ResultVersion['status'], string>> = {
  provisional: 'Provisional',
  final: 'Final',
  amended: 'Amended',
};

export const PENALTY_LABELS: Readonly<Record<PenaltyKind, string>> = {
  time: 'Time penalty',
  drive_through: 'Drive-through',
  stop_and_go: 'Stop-and-go',
  lap_deleted: 'Delete a lap',
  retired: 'Retired',
  did_not_start: 'Did not start',
  disqualified: 'Disqualified',
};

/** `Finish line`, `Sector 1`, `Line 4, speed trap`. */
export function lineName(lines: readonly Line[], at: number): string {
  const line = lines[at];
  switch (line?.kind) {
    case LineKind.Finish:
      return 'Finish line';
    case LineKind.Sector:
      return `Sector ${line.sector}`;
    case LineKind.Mini:
      return `Line ${at}, mini-sector`;
    case LineKind.SpeedTrap:
      return `Line ${at}, speed trap`;
    case LineKind.PitEntry:
      return 'Pit entry';
    case LineKind.PitExit:
      return 'Pit exit';
    default:
      return `Line ${at}`;
  }
}

const FIELD_NAMES: Readonly<Record<string, string>> = {
  position: 'position',
  laps: 'laps',
  status: 'status',
  duration_ms: 'race time',
  gap_ms: 'gap',
  gap_laps: 'gap in laps',
  interval_ms: 'interval',
  penalty_ms: 'penalty',
  best_lap_ms: 'best lap',
  best_lap: 'best lap no.',
  reason: 'reason',
};

/** The name of a result field. */
export function fieldName(field: string): string {
  return FIELD_NAMES[field] ?? field.replaceAll('_', ' ');
}

/** The text of a result field; "–" for none. */
export function fieldText(field: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value === 'number' && field === 'penalty_ms') return value === 0 ? '–' : formatSeconds(value);
  if (typeof value === 'number' && field.endsWith('_ms')) return value === 0 ? '0.000' : lapTime(value);
  return field === 'status' ? String(value).replaceAll('_', ' ') : String(value);
}

/** The reason and the author of a ruling. */
export function reasonAndAuthor({ reason, author }: Signature): string {
  return [reason, author].filter(Boolean).map(isolate).join(' · ');
}
