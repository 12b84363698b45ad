import {
  errorMessage,
  getClassification,
  getRace,
  getRaceCircuit,
  listEntries,
  listLaps,
  listLeadersLaps,
  listPitStops,
  ProblemError,
  type Circuit,
  type ClassifiedCar,
  type Lap,
  type PitStop,
  type RaceDetail,
  type RaceEntry,
} from '../api';
import { loadTabState, saveTabState } from '../choices';
import { reportLate, Refresher } from '../lists';
import { inOrder, leaderEnds, NO_LAPS, NO_TIMES, withLaps, type LapsByCar } from './plots';

/** So many cars are shown at once: more lines nobody tells apart. */
export const CARS_MOST = 20;
/** So many of the first are shown where nobody has chosen. */
export const CARS_FIRST = 10;
/** How often a race that runs is read. */
const RUNNING_MS = 5000;

/** What is kept of a race, as far as somebody looks at it: the chosen cars and what all share. */
export class History {
  readonly id: string;
  #race = $state.raw<RaceDetail | null>(null);
  #entries = $state.raw<readonly RaceEntry[]>([]);
  #order = $state.raw<readonly ClassifiedCar[]>([]);
  #laps = $state.raw<LapsByCar>(NO_LAPS);
  #leader = $state.raw<ReadonlyMap<number, number>>(NO_TIMES);
  #stops = $state.raw<readonly PitStop[]>([]);
  #circuit = $state.raw<Circuit | null>(null);
  #chosen = $state.raw<readonly number[] | null>(null);
  #error = $state<string | null>(null);
  #gone = $state(false);
  #refresher: Refresher | null = null;
  #wanted: readonly number[] = [];

  constructor(id: string) {
    this.id = id;
    const kept = loadTabState(this.#kept);
    if (Array.isArray(kept))
      this.#chosen = kept.filter((car) => Number.isSafeInteger(car)).slice(0, CARS_MOST);
  }

  /** Where this tab keeps which cars are chosen, for Back and for a reload. */
  get #kept(): string {
    return `lightsout.charted.${this.id}`;
  }

  /** Null until it was read. */
  get race(): RaceDetail | null {
    return this.#race;
  }
  get entries(): readonly RaceEntry[] {
    return this.#entries;
  }
  get order(): readonly ClassifiedCar[] {
    return this.#order;
  }
  /** Of the cars that were asked for. */
  get laps(): LapsByCar {
    return this.#laps;
  }
  /** When each lap was ended by the first car. */
  get leader(): ReadonlyMap<number, number> {
    return this.#leader;
  }
  get stops(): readonly PitStop[] {
    return this.#stops;
  }
  /** Null where only the timing lines are known. */
  get circuit(): Circuit | null {
    return this.#circuit;
  }
  /** Why the newest reading failed, or that it is late. */
  get error(): string | null {
    return this.#error;
  }
  /** There is no such race. */
  get gone(): boolean {
    return this.#gone;
  }
  get runs(): boolean {
    return this.#race?.status === 'running' || this.#race?.status === 'paused';
  }

  /** The cars that are shown, in the order of the result. */
  get chosen(): readonly number[] {
    const first = (): number[] => this.#order.slice(0, CARS_FIRST).map((car) => car.driver_number);
    const here = (car: number): boolean => this.#order.some((one) => one.driver_number === car);
    const chosen = this.#chosen?.filter(here) ?? first();
    return inOrder(chosen, this.#order);
  }

  /** Reads what there is, and reads on while the race runs; returns what ends that. */
  open(): () => void {
    const refresher = new Refresher(() => this.#load(), { idleMs: RUNNING_MS });
    this.#refresher = refresher;
    return () => refresher.stop();
  }

  /** Shows a car, or no longer; says whether there was room. */
  toggle(car: number): boolean {
    const chosen = this.chosen;
    if (chosen.includes(car)) this.#choose(chosen.filter((one) => one !== car));
    else if (chosen.length >= CARS_MOST) return false;
    else this.#choose([...chosen, car]);
    return true;
  }

  /** Shows the first of the result again, or nobody. */
  choose(cars: 'first' | 'none'): void {
    this.#choose(cars === 'first' ? null : []);
  }

  #choose(cars: readonly number[] | null): void {
    this.#chosen = cars;
    saveTabState(this.#kept, cars);
    void this.want(this.chosen);
  }

  /** Has the laps of some cars read, where they are not known yet. */
  async want(cars: readonly number[]): Promise<void> {
    const missing = cars.filter((car) => !this.#wanted.includes(car));
    this.#wanted = [...this.#wanted, ...missing];
    if (missing.length > 0) await this.#try(() => this.#readLaps(missing));
  }

  retry(): void {
    this.#refresher?.invalidate();
  }

  async #load(): Promise<void> {
    await this.#try(async () => {
      const [race, order] = await Promise.all([getRace(this.id), getClassification(this.id)]);
      if (this.#entries.length === 0) {
        [this.#entries, this.#circuit] = await Promise.all([listEntries(this.id), getRaceCircuit(this.id)]);
      }
      this.#order = order;
      this.#wanted = [...this.#wanted, ...this.chosen.filter((car) => !this.#wanted.includes(car))];
      const [leaders, stops] = await Promise.all([
        listLeadersLaps(this.id),
        listPitStops(this.id),
        this.#readLaps(this.#wanted),
      ]);
      this.#leader = leaderEnds(leaders);
      this.#stops = stops;
      this.#race = race;
      if (!this.runs && race.status !== 'waiting') this.#refresher?.stop();
    });
  }

  /** Fifty cars are asked for at once at the most. */
  async #readLaps(cars: readonly number[]): Promise<void> {
    const parts: Promise<readonly Lap[]>[] = [];
    for (let i = 0; i < cars.length; i += 50) parts.push(listLaps(this.id, cars.slice(i, i + 50)));
    this.#laps = withLaps(this.#laps, cars, (await Promise.all(parts)).flat());
  }

  async #try(read: () => Promise<void>): Promise<void> {
    try {
      await reportLate(read(), (error) => (this.#error = error));
      this.#error = null;
    } catch (error) {
      this.#gone = error instanceof ProblemError && error.status === 404 && this.#race === null;
      this.#error = errorMessage(error);
    }
  }
}
