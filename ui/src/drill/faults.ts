import type { Fault, Scenario, Verb } from '../api';
import { capital } from '../format';

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
    }
  >
> = {
  kill: { label: 'Kill: the actor dies and is started again', objects: KINDS },
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
  readonly everyS: number | null;
  readonly forMs: number | null;
}

/** Whether a race has several of these, so that it has to be said how many. */
export function many(draft: Draft): boolean {
  const actors = draft.verb === 'kill' || draft.verb === 'stall';
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
  if (!within(draft.everyS, 86_400)) return 'How often? Every so many seconds.';
  if (rules.lasts && !within(draft.forMs, 60_000)) return 'For how long? A minute at most.';
  return null;
}

/** The draft as the server takes it; it checks it again. */
export function toFault(draft: Draft): Fault {
  const rules = VERB_RULES[draft.verb];
  const several = many(draft);
  return {
    [draft.verb]: draft.object,
    ...(several && draft.amount === 'share' ? { share: (draft.share ?? 0) / 100 } : {}),
    ...(several && draft.amount === 'number' ? { number: draft.number ?? 0 } : {}),
    ...(rules.chance ? { chance: (draft.chance ?? 0) / 100 } : { every: `${draft.everyS}s` }),
    ...(rules.lasts ? { for: `${draft.forMs}ms` } : {}),
  };
}

/** A fault in words: "kill car, 50 % of them, every 1s". */
export function inWords(fault: Fault): string {
  const verbs = ['kill', 'poison', 'panic', 'stall', 'hits', 'store', 'link'] as const;
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
  return capital(scenario.name.replaceAll('-', ' '));
}
