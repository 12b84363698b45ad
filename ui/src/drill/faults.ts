import { VERBS, type Fault, type Scenario, type Verb } from '../api';
import { capitalise, parseRaceTime } from '../format';

/** Kinds of actor that a fault can target; a race has many of the first two. */
const KINDS = [
  'car',
  'checkpoint',
  'race',
  'simulator',
  'processor',
  'timekeeper',
  'recorder',
  'publisher',
] as const;

/** The targets of each verb and the fields that it needs. */
export const VERB_RULES: Readonly<
  Record<
    Verb,
    {
      readonly label: string;
      readonly targets: readonly string[];
      readonly chance?: boolean;
      readonly hasDuration?: boolean;
      /** The fault takes effect from one race time on. */
      readonly once?: boolean;
    }
  >
> = {
  kill: { label: 'Kill: the actor dies and is restarted', targets: KINDS },
  poison: {
    label: 'Poison: the actor dies on every tick from a race time on',
    targets: ['car'],
    once: true,
  },
  panic: { label: 'Panic: the actor dies at random, as from a bug', targets: KINDS, chance: true },
  stall: { label: 'Stall: the actor hangs for a while', targets: KINDS, hasDuration: true },
  hits: {
    label: 'Passings: lost, duplicated or late at the timing lines',
    targets: ['lose', 'double', 'late'],
    chance: true,
  },
  store: { label: 'Store: full or slow for a while', targets: ['full', 'slow'], hasDuration: true },
  link: { label: 'Link: the race is cut off from its log', targets: ['cut'], hasDuration: true },
  cpu: { label: 'CPU: all processors are taken for a while', targets: ['taken'], hasDuration: true },
};

/** When a fault strikes: repeatedly, or once. */
export type Timing = 'every' | 'once';

/** How many actors of a kind: one, a share in per cent, or a number. */
export type Amount = 'one' | 'share' | 'number';

/** A fault being composed. Numbers are null where their field is empty. */
export interface Draft {
  readonly verb: Verb;
  readonly target: string;
  readonly amount: Amount;
  readonly share: number | null;
  readonly number: number | null;
  /** In per cent. */
  readonly chance: number | null;
  readonly timing: Timing;
  readonly everyS: number | null;
  /** Race times as typed; from and until may be empty. */
  readonly at: string;
  readonly from: string;
  readonly until: string;
  /** Whether it strikes before or after a message; empty: at random. */
  readonly message: '' | 'before' | 'after';
  readonly forMs: number | null;
}

/** The first fault of a composed drill. */
export const DEFAULT_DRAFT: Draft = {
  verb: 'kill',
  target: 'car',
  amount: 'share',
  share: 50,
  number: 10,
  chance: 0.1,
  timing: 'every',
  everyS: 1,
  at: '',
  from: '',
  until: '',
  message: '',
  forMs: 100,
};

/** Whether the fault strikes once, by its verb or by choice. */
export function isOneShot(draft: Draft): boolean {
  return VERB_RULES[draft.verb].once === true || draft.timing === 'once';
}

/** Whether a race has several such actors, so that an amount is needed. */
export function needsAmount(draft: Draft): boolean {
  const actors = ['kill', 'stall', 'poison'].includes(draft.verb);
  return actors && (draft.target === 'car' || draft.target === 'checkpoint');
}

/** What is missing or out of range; null where the draft is complete. */
export function draftError(draft: Draft): string | null {
  const rules = VERB_RULES[draft.verb];
  const within = (n: number | null, most: number): boolean => n !== null && n > 0 && n <= most;
  if (needsAmount(draft) && draft.amount === 'share' && !within(draft.share, 100)) {
    return 'Enter a share above 0 and up to 100 %.';
  }
  if (needsAmount(draft) && draft.amount === 'number' && !within(draft.number, 100_000))
    return 'Enter how many.';
  if (rules.chance) return within(draft.chance, 100) ? null : 'Enter a chance above 0 and up to 100 %.';
  const when = timeError(draft);
  if (when !== null) return when;
  if (rules.hasDuration && !within(draft.forMs, 60_000)) return 'Enter a duration of at most 60,000 ms.';
  return null;
}

function timeError(draft: Draft): string | null {
  if (isOneShot(draft))
    return parseRaceTime(draft.at) === null ? 'Enter a race time, for example 1:30.' : null;
  if (!(draft.everyS !== null && draft.everyS >= 0.1 && draft.everyS <= 86_400)) {
    return 'Enter an interval of at least 0.1 seconds.';
  }
  const [from, until] = [optionalTime(draft.from), optionalTime(draft.until)];
  if (from === null) return 'Enter the race time to start at, for example 1:30, or leave it empty.';
  if (until === null) return 'Enter the race time to end at, for example 2:30, or leave it empty.';
  return until !== 0 && until <= from ? 'The end must be after the start.' : null;
}

/** Parses a race time to microseconds; 0 for an empty text, null for an invalid one. */
const optionalTime = (text: string): number | null => (text.trim() === '' ? 0 : parseRaceTime(text));

/** The race time at which a drill begins, in the server's format; empty: now; null for an invalid one. */
export function beginText(text: string): string | null {
  if (text.trim() === '') return '';
  return parseRaceTime(text) === null ? null : durationText(text);
}

/** A race time in the server's format. */
const durationText = (text: string): string => `${(optionalTime(text) ?? 0) / 1_000_000}s`;

function timeOf(draft: Draft): Fault {
  if (isOneShot(draft)) return { at: durationText(draft.at) };
  return {
    every: `${draft.everyS}s`,
    ...(draft.from.trim() === '' ? {} : { from: durationText(draft.from) }),
    ...(draft.until.trim() === '' ? {} : { until: durationText(draft.until) }),
  };
}

/** Converts a draft for the server, which checks it again. */
export function toFault(draft: Draft): Fault {
  const rules = VERB_RULES[draft.verb];
  const withAmount = needsAmount(draft);
  return {
    [draft.verb]: draft.target,
    ...(withAmount && draft.amount === 'share' ? { share: (draft.share ?? 0) / 100 } : {}),
    ...(withAmount && draft.amount === 'number' ? { number: draft.number ?? 0 } : {}),
    ...(rules.chance ? { chance: (draft.chance ?? 0) / 100 } : timeOf(draft)),
    ...(draft.verb === 'kill' && draft.message !== '' ? { when: draft.message } : {}),
    ...(rules.hasDuration ? { for: `${draft.forMs}ms` } : {}),
  };
}

/** A fault as text: "kill car, 50 % of them, every 1s". */
export function faultText(fault: Fault): string {
  const verbs = [...VERBS, 'influx'] as const;
  const percent = (n: number): string => `${+(100 * n).toFixed(2)} %`;
  const parts = verbs.flatMap((verb) => (fault[verb] ? [`${verb} ${fault[verb]}`] : []));
  if (fault.number) parts.push(`${fault.number} of them`);
  if (fault.share) parts.push(`${percent(fault.share)} of them`);
  if (fault.rate) parts.push(`${fault.rate} times a second each`);
  if (fault.chance) parts.push(`with a chance of ${percent(fault.chance)}`);
  for (const when of ['at', 'every', 'from', 'until', 'for'] as const) {
    const time = fault[when];
    if (time && time !== '0s') parts.push(`${when} ${time}`);
  }
  if (fault.jitter) parts.push(`and up to ${fault.jitter} more`);
  if (fault.when) parts.push(`${fault.when} a message`);
  return parts.join(', ');
}

/** Turns `half-the-field` into "Half the field". */
export function scenarioTitle(scenario: Pick<Scenario, 'name'>): string {
  return capitalise(scenario.name.replaceAll('-', ' '));
}
