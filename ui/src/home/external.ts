import type { ExternalEntry, ExternalOrder } from '../api';

/** What is typed into the form of a race of real cars. */
export interface Typed {
  readonly name: string;
  readonly rules: (typeof RULES)[number]['name'];
  /** Empty fields are null. */
  readonly laps: number | null;
  readonly minutes: number | null;
  /** The grid is behind the line, or the start is rolling. */
  readonly behind: boolean;
  /** Minutes to take the chequered flag in. */
  readonly window: number | null;
  /** `finish`, `sectors`, or the key of a circuit. */
  readonly place: string;
  readonly entries: string;
  /** Whether the entries stand in the order of the grid. */
  readonly grid: boolean;
}

/** The rule sets that the server knows, and for how many minutes after the flag fell they count crossings, if they say so. */
export const RULES = [
  { name: 'kart', title: 'Karts', window: 5 },
  { name: 'f1', title: 'Grand prix', window: null },
  { name: 'endurance', title: 'Endurance', window: null },
] as const;

const MINUTE_US = 60_000_000;

/** One car a line: number, code, name, team, transponders; the errors name the line. */
export function readEntries(text: string, grid: boolean): { entries: ExternalEntry[]; errors: string[] } {
  const entries: ExternalEntry[] = [];
  const errors: string[] = [];
  const lineOf = new Map<number, number>();
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const [number = '', code = '', name = '', team = '', ...boxes] = line
      .split(/[\t;,]/)
      .map((c) => c.trim());
    const driver_number = Number(number);
    const before = lineOf.get(driver_number);
    if (!/^\d{1,7}$/.test(number)) errors.push(`Line ${i + 1}: begins with the car's number, as in 7, ANN`);
    else if (before !== undefined)
      errors.push(`Line ${i + 1}: ${driver_number} is the number of line ${before}`);
    else {
      lineOf.set(driver_number, i + 1);
      const transponders = boxes.flatMap((box) => box.split(/\s+/)).filter((box) => box !== '');
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

/** What keeps a form from being sent; empty: nothing. */
export function formErrors(typed: Typed): string[] {
  const { entries, errors } = readEntries(typed.entries, typed.grid);
  return [
    ...(typed.name.trim() === '' ? ['What is the race called?'] : []),
    ...(typed.laps || typed.minutes ? [] : ['How many laps, or how many minutes?']),
    ...errors,
    ...(entries.length + errors.length === 0 ? ['Which cars? One a line'] : []),
  ];
}

/** The race as the server is asked for it. */
export function orderOf(typed: Typed): ExternalOrder {
  const sectors = [{ kind: 'finish' }, { kind: 'sector', sector: 1 }, { kind: 'sector', sector: 2 }] as const;
  return {
    kind: 'external',
    name: typed.name.trim(),
    rules: {
      name: typed.rules,
      laps: typed.laps ?? 0,
      ...(typed.minutes ? { window_limit_us: Math.round(typed.minutes * MINUTE_US) } : {}),
      first_crossing: typed.behind ? 'starts_lap' : 'ends_lap',
      finish_window_us: Math.round((typed.window ?? 0) * MINUTE_US),
    },
    ...(typed.place === 'finish'
      ? {}
      : typed.place === 'sectors'
        ? { lines: sectors }
        : { circuit: typed.place }),
    entries: readEntries(typed.entries, typed.grid).entries,
  };
}
