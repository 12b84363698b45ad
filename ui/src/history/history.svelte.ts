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
import { sortByResult, leaderEndTimes, NO_LAPS, NO_TIMES, withLaps, type LapsByCar } from './plots';

/** The most cars in a chart; more lines could not be told apart. */
export const CARS_MAX = 20;
/** The number of cars shown by default. */
export const CARS_DEFAULT = 10;
/** How often a running race is loaded. */
const RELOAD_MS = 5000;

/** The stored history of a race: the laps of the chosen cars, and what all charts share. */
export class History {
  readonly id: string;
  #race = $state.raw<RaceDetail | null>(null);
  #entries = $state.raw<readonly RaceEntry[]>([]);
  #order = $state.raw<readonly ClassifiedCar[]>([]);
  #laps = $state.raw<LapsByCar>(NO_LAPS);
  #leaderEndMs = $state.raw<ReadonlyMap<number, number>>(NO_TIMES);
  #stops = $state.raw<readonly PitStop[]>([]);
  #circuit = $state.raw<Circuit | null>(null);
  #chosen = $state.raw<readonly number[] | null>(null);
  #error = $state<string | null>(null);
  #notFound = $state(false);
  #refresher: Refresher | null = null;
  #requested: readonly number[] = [];

  constructor(id: string) {
    this.id = id;
    const saved = loadTabState(this.#storageKey);
    if (Array.isArray(saved))
      this.#chosen = saved.filter((car) => Number.isSafeInteger(car)).slice(0, CARS_MAX);
  }

  /** The key under which this tab saves the chosen cars. */
  get #storageKey(): string {
    return `lightsout.charted.${this.id}`;
  }

  /** Null until the first load. */
  get race(): RaceDetail | null {
    return this.#race;
  }
  get entries(): readonly RaceEntry[] {
    return this.#entries;
  }
  get order(): readonly ClassifiedCar[] {
    return this.#order;
  }
  /** The laps of the cars requested so far. */
  get laps(): LapsByCar {
    return this.#laps;
  }
  /** When the first car completed each lap, by lap number. */
  get leaderEndMs(): ReadonlyMap<number, number> {
    return this.#leaderEndMs;
  }
  get stops(): readonly PitStop[] {
    return this.#stops;
  }
  /** Null where only the timing lines are known. */
  get circuit(): Circuit | null {
    return this.#circuit;
  }
  /** Why the last load failed, or that it is late. */
  get error(): string | null {
    return this.#error;
  }
  /** Whether the race does not exist. */
  get notFound(): boolean {
    return this.#notFound;
  }
  get isRunning(): boolean {
    return this.#race?.status === 'running' || this.#race?.status === 'paused';
  }

  /** The cars shown, in the order of the result. */
  get chosen(): readonly number[] {
    const defaults = (): number[] => this.#order.slice(0, CARS_DEFAULT).map((car) => car.driver_number);
    const inRace = (car: number): boolean => this.#order.some((one) => one.driver_number === car);
    const chosen = this.#chosen?.filter(inRace) ?? defaults();
    return sortByResult(chosen, this.#order);
  }

  /** Loads the race, repeatedly while it runs; returns the function that stops it. */
  open(): () => void {
    const refresher = new Refresher(() => this.#load(), { idleMs: RELOAD_MS });
    this.#refresher = refresher;
    return () => refresher.stop();
  }

  /** Shows or hides a car; returns false where the limit is reached. */
  toggle(car: number): boolean {
    const chosen = this.chosen;
    if (chosen.includes(car)) this.#choose(chosen.filter((one) => one !== car));
    else if (chosen.length >= CARS_MAX) return false;
    else this.#choose([...chosen, car]);
    return true;
  }

  /** Shows the default cars, or none. */
  choose(cars: 'first' | 'none'): void {
    this.#choose(cars === 'first' ? null : []);
  }

  #choose(cars: readonly number[] | null): void {
    this.#chosen = cars;
    saveTabState(this.#storageKey, cars);
    void this.loadLaps(this.chosen);
  }

  /** Loads the laps of cars that were not requested before. */
  async loadLaps(cars: readonly number[]): Promise<void> {
    const missing = cars.filter((car) => !this.#requested.includes(car));
    this.#requested = [...this.#requested, ...missing];
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
      this.#requested = [...this.#requested, ...this.chosen.filter((car) => !this.#requested.includes(car))];
      const [leaders, stops] = await Promise.all([
        listLeadersLaps(this.id),
        listPitStops(this.id),
        this.#readLaps(this.#requested),
      ]);
      this.#leaderEndMs = leaderEndTimes(leaders);
      this.#stops = stops;
      this.#race = race;
      if (!this.isRunning && race.status !== 'waiting') this.#refresher?.stop();
    });
  }

  /** Loads laps for at most fifty cars per request. */
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
      this.#notFound = error instanceof ProblemError && error.status === 404 && this.#race === null;
      this.#error = errorMessage(error);
    }
  }
}
