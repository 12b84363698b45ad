import type { ExternalEntry, ExternalOrder } from '../api';

/** The state of the form for a race of real cars. */
export interface ExternalDraft {
  readonly name: string;
  readonly rules: (typeof RULE_SETS)[number]['name'];
  /** Empty fields are null. */
  readonly laps: number | null;
  readonly minutes: number | null;
  /** The grid is behind the line, or the start is rolling. */
  readonly firstCrossingStartsLap: boolean;
  /** Minutes in which cars may take the chequered flag. */
  readonly finishMinutes: number | null;
  /** `finish`, `sectors`, or the key of a circuit. */
  readonly timing: string;
  readonly entries: string;
  /** Whether the entries are in grid order. */
  readonly grid: boolean;
}

/** The server's rule presets, each with its default minutes to take the chequered flag; null: no limit. */
export const RULE_SETS = [
  { name: 'kart', title: 'Karts', finishMinutes: 5 },
  { name: 'f1', title: 'Grand prix', finishMinutes: null },
  { name: 'endurance', title: 'Endurance', finishMinutes: null },
] as const;

const MINUTE_US = 60_000_000;

/** Parses one car per line: number, code, name, team, transponders. Errors name the line. */
export function parseEntries(text: string, grid: boolean): { entries: ExternalEntry[]; errors: string[] } {
  const entries: ExternalEntry[] = [];
  const errors: string[] = [];
  const lineOf = new Map<number, number>();
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const [number = '', code = '', name = '', team = '', ...transponderCells] = line
      .split(/[\t;,]/)
      .map((c) => c.trim());
    const driver_number = Number(number);
    const before = lineOf.get(driver_number);
    if (!/^\d{1,7}$/.test(number))
      errors.push(`Line ${i + 1}: must start with the car's number, for example 7, ANN`);
    else if (before !== undefined)
      errors.push(`Line ${i + 1}: number ${driver_number} is already used in line ${before}`);
    else {
      lineOf.set(driver_number, i + 1);
      const transponders = transponderCells
        .flatMap((transponder) => transponder.split(/\s+/))
        .filter((transponder) => transponder !== '');
      entries.push({
        driver_number,
        ...(code === '' ? {} : { name_acronym: code }),
        ...(name === '' ? {} : { full_name: name }),
        ...(team === '' ? {} : { team_name: team }),
        ...(grid ? { grid_position: entries.length + 1 } : {}),
        ...(transponders.length > 0 ? { transponders } : {}),
      });
    }
  }
  return { entries, errors };
}

/** What is wrong with the form; empty when it can be sent. */
export function draftErrors(draft: ExternalDraft): string[] {
  const { entries, errors } = parseEntries(draft.entries, draft.grid);
  return [
    ...(draft.name.trim() === '' ? ['Enter a name for the race'] : []),
    ...(draft.laps || draft.minutes ? [] : ['Enter laps, minutes, or both']),
    ...errors,
    ...(entries.length + errors.length === 0 ? ['Enter the cars, one per line'] : []),
  ];
}

/** Converts the form to an order for the server. */
export function toOrder(draft: ExternalDraft): ExternalOrder {
  const sectors = [{ kind: 'finish' }, { kind: 'sector', sector: 1 }, { kind: 'sector', sector: 2 }] as const;
  return {
    kind: 'external',
    name: draft.name.trim(),
    rules: {
      name: draft.rules,
      laps: draft.laps ?? 0,
      ...(draft.minutes ? { window_limit_us: Math.round(draft.minutes * MINUTE_US) } : {}),
      first_crossing: draft.firstCrossingStartsLap ? 'starts_lap' : 'ends_lap',
      finish_window_us: Math.round((draft.finishMinutes ?? 0) * MINUTE_US),
    },
    ...(draft.timing === 'finish'
      ? {}
      : draft.timing === 'sectors'
        ? { lines: sectors }
        : { circuit: draft.timing }),
    entries: parseEntries(draft.entries, draft.grid).entries,
  };
}
