import {
  errorDetails,
  listDrills,
  listScenarios,
  startDrill,
  stopDrill,
  type Drill,
  type DrillOrder,
  type Scenario,
} from '../api';
import { REFRESH_MS, RemoteList, Refresher } from '../lists';

/** The drills of one race, and the library. */
export class Drills {
  readonly id: string;
  readonly list: RemoteList<Drill>;
  readonly scenarios: RemoteList<Scenario>;
  #busy = $state(false);
  #error = $state<string | null>(null);
  #refresher: Refresher | null = null;
  #allJudged = false;

  constructor(id: string) {
    this.id = id;
    this.list = new RemoteList(() => listDrills(id));
    this.scenarios = new RemoteList(listScenarios);
  }

  /** The drill that injects faults. Until it is over another cannot start. */
  get running(): Drill | null {
    return this.list.items?.find(({ phase }) => phase === 'on') ?? null;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Why the last order was refused. */
  get error(): string | null {
    return this.#error;
  }

  /** Keeps the list up to date; returns the function that stops it. */
  open(): () => void {
    const refresher = new Refresher(() => this.#loadUnlessJudged(), { idleMs: REFRESH_MS });
    this.#refresher = refresher;
    void this.scenarios.load();
    return () => refresher.stop();
  }

  /** Marks the list as changed. */
  invalidate(): void {
    this.#allJudged = false;
    this.#refresher?.invalidate();
  }

  start(order: DrillOrder): Promise<void> {
    return this.#order(() => startDrill(this.id, order));
  }

  stop(): Promise<void> {
    return this.#order(() => stopDrill(this.id));
  }

  /** Skips the load when all drills are judged: verdicts are long and do not change. */
  async #loadUnlessJudged(): Promise<void> {
    if (this.#allJudged) return;
    this.#allJudged = true;
    await this.list.load();
    const open = this.list.items?.some(({ phase }) => phase === 'on' || phase === 'judging') ?? true;
    if (open || this.list.error !== null) this.#allJudged = false;
  }

  async #order(send: () => Promise<unknown>): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#error = null;
    try {
      await send();
    } catch (error) {
      this.#error = errorDetails(error);
    }
    this.#allJudged = false;
    await this.list.load();
    this.#busy = false;
  }
}
