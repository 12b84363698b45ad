import { SvelteMap } from 'svelte/reactivity';

import {
  errorDetails,
  listPassings,
  listResults,
  listRulings,
  type Passing,
  type ResultVersion,
  type Ruling,
  type Verdict,
} from '../api';
import { settings } from '../choices';
import { prompts } from '../dialog';
import { RemoteList, Refresher } from '../lists';
import type { Fact } from '../live';
import { concerns, LISTS, type List } from './concerns';

/** Accepted passings are looked for among the newest records: there are as many as hits. */
const LATEST_RECORDS = 2000;
const NAME_MOST = 100;

/** What became of an order: done, or called off by the person, or not possible and why. */
export interface Outcome {
  readonly done: boolean;
  readonly error: string | null;
}

/** Gives an order in somebody's name. */
export type Order = (author: string) => Promise<unknown>;

/** The desk of one race: what lies on it, and the orders that are given at it. */
export class Desk {
  readonly id: string;
  readonly rulings: RemoteList<Ruling>;
  readonly results: RemoteList<ResultVersion>;
  readonly passings: RemoteList<Passing>;
  #verdict = $state<Verdict>('suspect');
  #said = $state('');
  #orders = $state(0);
  #settling = $state.raw<readonly number[]>([]);
  readonly #errors = new SvelteMap<number, string>();
  #refreshers: Readonly<Partial<Record<List, Refresher>>> = {};

  /** newest: the number of the newest record that is known. */
  constructor(id: string, newest: () => number) {
    this.id = id;
    this.rulings = new RemoteList(() => listRulings(id));
    this.results = new RemoteList(() => listResults(id));
    this.passings = new RemoteList(() => {
      const after = this.#verdict === 'accepted' ? Math.max(0, newest() - LATEST_RECORDS) : 0;
      return listPassings(id, this.#verdict, after);
    });
  }

  /** Which passings are listed. */
  get verdict(): Verdict {
    return this.#verdict;
  }

  /** What was done last, for those who do not see it. */
  get said(): string {
    return this.#said;
  }

  /** Counts the orders that were done, when the lists show what came of them. */
  get orders(): number {
    return this.#orders;
  }

  /** The passings, newest first, without those that are being settled; null until they are known. */
  get shown(): readonly Passing[] | null {
    const items = this.passings.items;
    return items?.filter((p) => !this.#settling.includes(p.seq)).reverse() ?? null;
  }

  /** Why a passing could not be settled. */
  error(seq: number): string | null {
    return this.#errors.get(seq) ?? null;
  }

  /** Keeps the lists fresh; returns what ends that. */
  open(): () => void {
    const refreshers = LISTS.map((list) => [list, new Refresher(() => this[list].load())] as const);
    this.#refreshers = Object.fromEntries(refreshers);
    return () => refreshers.forEach(([, refresher]) => refresher.stop());
  }

  refreshFor(facts: readonly Fact[] | null): void {
    for (const list of concerns(facts)) this.#refreshers[list]?.invalidate();
  }

  list(verdict: Verdict): void {
    this.#verdict = verdict;
    this.passings.clear();
    void this.passings.load();
  }

  /** Gives an order, signed; `done` is what is said of it then. */
  async order(done: string, give: Order): Promise<Outcome> {
    const author = settings.author || (await this.sign());
    if (author === null) return { done: false, error: null };
    try {
      await give(author);
    } catch (error) {
      return { done: false, error: errorDetails(error) };
    }
    this.#said = done;
    await Promise.all(LISTS.map((list) => this[list].load()));
    this.#orders++;
    return { done: true, error: null };
  }

  /** Asks who gives the orders, and remembers it. Null where nobody says so. */
  async sign(): Promise<string | null> {
    const name = await prompts.ask({
      title: 'Who is at the desk?',
      text: 'The name stands beside each decision. This browser remembers it.',
      field: { label: 'Your name', value: settings.author, maxLength: NAME_MOST },
      confirmLabel: 'Sign',
    });
    if (name !== null) settings.author = name;
    return name;
  }

  /** Settles a passing: it leaves the list at once, and comes back with the reason where that is not possible. */
  async settle(passing: Passing, done: string, give: Order): Promise<Outcome> {
    const { seq } = passing;
    this.#settling = [...this.#settling, seq];
    this.#errors.delete(seq);
    const outcome = await this.order(done, give);
    this.#settling = this.#settling.filter((other) => other !== seq);
    if (outcome.error !== null) this.#errors.set(seq, outcome.error);
    return outcome;
  }
}
