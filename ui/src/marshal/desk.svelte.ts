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
import { staleLists, LISTS, type ListName } from './stale-lists';

/** Accepted passings are listed from the newest records only, because every crossing is one. */
const RECENT_RECORDS = 2000;
const NAME_CHARS_MAX = 100;

/** The outcome of an order: done, cancelled (neither done nor an error), or failed with an error. */
export interface Outcome {
  readonly done: boolean;
  readonly error: string | null;
}

/** Sends an order signed by the author. */
export type SendOrder = (author: string) => Promise<unknown>;

/** The marshal's desk of one race: its passings, rulings and results, and the orders given there. */
export class Desk {
  readonly id: string;
  readonly rulings: RemoteList<Ruling>;
  readonly results: RemoteList<ResultVersion>;
  readonly passings: RemoteList<Passing>;
  #verdict = $state<Verdict>('suspect');
  #announcement = $state('');
  #ordersDone = $state(0);
  #settling = $state.raw<readonly number[]>([]);
  readonly #errors = new SvelteMap<number, string>();
  #refreshers: Readonly<Partial<Record<ListName, Refresher>>> = {};

  /** newest returns the sequence number of the newest known record. */
  constructor(id: string, newest: () => number) {
    this.id = id;
    this.rulings = new RemoteList(() => listRulings(id));
    this.results = new RemoteList(() => listResults(id));
    this.passings = new RemoteList(() => {
      const after = this.#verdict === 'accepted' ? Math.max(0, newest() - RECENT_RECORDS) : 0;
      return listPassings(id, this.#verdict, after);
    });
  }

  /** The verdict whose passings are listed. */
  get verdict(): Verdict {
    return this.#verdict;
  }

  /** The last order that was done, for screen readers. */
  get announcement(): string {
    return this.#announcement;
  }

  /** Counts the orders done; it rises once the lists show the effect. */
  get ordersDone(): number {
    return this.#ordersDone;
  }

  /** The passings, newest first, without those being settled; null before the first load. */
  get visiblePassings(): readonly Passing[] | null {
    const items = this.passings.items;
    return items?.filter((p) => !this.#settling.includes(p.seq)).reverse() ?? null;
  }

  /** Why a passing could not be settled. */
  error(seq: number): string | null {
    return this.#errors.get(seq) ?? null;
  }

  /** Keeps the lists up to date; returns the function that stops it. */
  open(): () => void {
    const refreshers = LISTS.map((list) => [list, new Refresher(() => this[list].load())] as const);
    this.#refreshers = Object.fromEntries(refreshers);
    return () => refreshers.forEach(([, refresher]) => refresher.stop());
  }

  refreshFor(facts: readonly Fact[] | null): void {
    for (const list of staleLists(facts)) this.#refreshers[list]?.invalidate();
  }

  showVerdict(verdict: Verdict): void {
    this.#verdict = verdict;
    this.passings.clear();
    void this.passings.load();
  }

  /** Signs and sends an order, then announces `done` and reloads the lists. */
  async order(done: string, send: SendOrder): Promise<Outcome> {
    const author = settings.author || (await this.sign());
    if (author === null) return { done: false, error: null };
    try {
      await send(author);
    } catch (error) {
      return { done: false, error: errorDetails(error) };
    }
    this.#announcement = done;
    await Promise.all(LISTS.map((list) => this[list].load()));
    this.#ordersDone++;
    return { done: true, error: null };
  }

  /** Asks for the name that signs rulings and stores it. Returns null when cancelled. */
  async sign(): Promise<string | null> {
    const name = await prompts.ask({
      title: 'Who is at the desk?',
      text: 'Each ruling is signed with this name. This browser remembers it.',
      field: { label: 'Your name', value: settings.author, maxLength: NAME_CHARS_MAX },
      confirmLabel: 'Sign',
    });
    if (name !== null) settings.author = name;
    return name;
  }

  /** Settles a passing. It leaves the list at once and returns with the error if the order fails. */
  async settle(passing: Passing, done: string, send: SendOrder): Promise<Outcome> {
    const { seq } = passing;
    this.#settling = [...this.#settling, seq];
    this.#errors.delete(seq);
    const outcome = await this.order(done, send);
    this.#settling = this.#settling.filter((other) => other !== seq);
    if (outcome.error !== null) this.#errors.set(seq, outcome.error);
    return outcome;
  }
}
