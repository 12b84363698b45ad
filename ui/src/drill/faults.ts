import { VERBS, type Fault, type Scenario, type Verb } from '../api';
import { capitalise, parseRaceTime } from '../format';

/** Kinds of actor that can be struck; of the first two a race has many. */
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

/** What each verb can be done to, and what it needs to be told. */
export const VERB_RULES: Readonly<
  Record<
    Verb,
    {
      readonly label: string;
      readonly objects: readonly string[];
      readonly chance?: boolean;
      readonly lasts?: boolean;
      /** It holds from a moment on. */
      readonly once?: boolean;
    }
  >
> = {
  kill: { label: 'Kill: the actor dies and is started again', objects: KINDS },
  poison: {
    label: 'Poison: it dies of every tick from a moment on',
    objects: ['car', 'checkpoint'],
    once: true,
  },
  panic: { label: 'Panic: it dies now and then, as of a bug', objects: KINDS, chance: true },
  stall: { label: 'Stall: it hangs for a while', objects: KINDS, lasts: true },
  hits: {
    label: 'Hits: those on timing lines go wrong',
    objects: ['lose', 'double', 'late'],
    chance: true,
  },
  store: { label: 'Store: nothing is kept for a while', objects: ['full', 'slow'], lasts: true },
  link: { label: 'Link: the race is cut off from its log', objects: ['cut'], lasts: true },
};

/** When a fault strikes: again and again, or once. */
export type Timing = 'every' | 'once';

/** How many of a kind: one, a share in per cent, or a number. */
export type Amount = 'one' | 'share' | 'number';

/** A fault as it is put together. Numbers are null where their field is empty. */
export interface Draft {
  readonly verb: Verb;
  readonly object: string;
  readonly amount: Amount;
  readonly share: number | null;
  readonly number: number | null;
  /** In per cent. */
  readonly chance: number | null;
  readonly timing: Timing;
  readonly everyS: number | null;
  /** Race times as they are typed; from and until may be empty. */
  readonly at: string;
  readonly from: string;
  readonly until: string;
  /** Whether it strikes before a message or after it; empty: as chance decides. */
  readonly message: '' | 'before' | 'after';
  readonly forMs: number | null;
}

/** What a composed drill begins with. */
export const FIRST: Draft = {
  verb: 'kill',
  object: 'car',
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

/** Whether the fault strikes once, by its own nature or by choice. */
export function once(draft: Draft): boolean {
  return VERB_RULES[draft.verb].once === true || draft.timing === 'once';
}

/** Whether a race has several of these, so that it has to be said how many. */
export function many(draft: Draft): boolean {
  const actors = ['kill', 'stall', 'poison'].includes(draft.verb);
  return actors && (draft.object === 'car' || draft.object === 'checkpoint');
}

/** What is still to be said, as a question; null where nothing is. */
export function missing(draft: Draft): string | null {
  const rules = VERB_RULES[draft.verb];
  const within = (n: number | null, most: number): boolean => n !== null && n > 0 && n <= most;
  if (many(draft) && draft.amount === 'share' && !within(draft.share, 100)) {
    return 'What share? From above 0 to 100 %.';
  }
  if (many(draft) && draft.amount === 'number' && !within(draft.number, 100_000)) return 'How many?';
  if (rules.chance) return within(draft.chance, 100) ? null : 'With what chance? From above 0 to 100 %.';
  const when = missingTime(draft);
  if (when !== null) return when;
  if (rules.lasts && !within(draft.forMs, 60_000)) return 'For how long? A minute at most.';
  return null;
}

function missingTime(draft: Draft): string | null {
  if (once(draft)) return parseRaceTime(draft.at) === null ? 'At what race time? Like 1:30.' : null;
  if (!(draft.everyS !== null && draft.everyS > 0 && draft.everyS <= 86_400)) {
    return 'How often? Every so many seconds.';
  }
  const [from, until] = [moment(draft.from), moment(draft.until)];
  if (from === null) return 'From what race time? Like 1:30, or leave it empty.';
  if (until === null) return 'Until what race time? Like 2:30, or leave it empty.';
  return until !== 0 && until <= from ? 'Until a race time after it begins.' : null;
}

/** Microseconds of a race time that may be left empty; null where it is none. */
const moment = (text: string): number | null => (text.trim() === '' ? 0 : parseRaceTime(text));

/** Race time as the server takes it. */
const written = (text: string): string => `${(moment(text) ?? 0) / 1_000_000}s`;

function timeOf(draft: Draft): Fault {
  if (once(draft)) return { at: written(draft.at) };
  return {
    every: `${draft.everyS}s`,
    ...(draft.from.trim() === '' ? {} : { from: written(draft.from) }),
    ...(draft.until.trim() === '' ? {} : { until: written(draft.until) }),
  };
}

/** The draft as the server takes it; it checks it again. */
export function toFault(draft: Draft): Fault {
  const rules = VERB_RULES[draft.verb];
  const several = many(draft);
  return {
    [draft.verb]: draft.object,
    ...(several && draft.amount === 'share' ? { share: (draft.share ?? 0) / 100 } : {}),
    ...(several && draft.amount === 'number' ? { number: draft.number ?? 0 } : {}),
    ...(rules.chance ? { chance: (draft.chance ?? 0) / 100 } : timeOf(draft)),
    ...(draft.verb === 'kill' && draft.message !== '' ? { when: draft.message } : {}),
    ...(rules.lasts ? { for: `${draft.forMs}ms` } : {}),
  };
}

/** A fault in words: "kill car, 50 % of them, every 1s". */
export function inWords(fault: Fault): string {
  const verbs = [...VERBS, 'influx'] as const;
  const percent = (n: number): string => `${+(100 * n).toFixed(2)} %`;
  const said = verbs.flatMap((verb) => (fault[verb] ? [`${verb} ${fault[verb]}`] : []));
  if (fault.number) said.push(`${fault.number} of them`);
  if (fault.share) said.push(`${percent(fault.share)} of them`);
  if (fault.rate) said.push(`${fault.rate} times a second each`);
  if (fault.chance) said.push(`with a chance of ${percent(fault.chance)}`);
  for (const when of ['at', 'every', 'from', 'until', 'for'] as const) {
    const time = fault[when];
    if (time && time !== '0s') said.push(`${when} ${time}`);
  }
  if (fault.when) said.push(`${fault.when} a message`);
  return said.join(', ');
}

/** `half-the-field` for people: "Half the field". */
export function title(scenario: Pick<Scenario, 'name'>): string {
  return capitalise(scenario.name.replaceAll('-', ' '));
}
