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

/** The drills of one race: those there were, the one that is on, and the library. */
export class Drills {
  readonly id: string;
  readonly list: RemoteList<Drill>;
  readonly scenarios: RemoteList<Scenario>;
  #busy = $state(false);
  #error = $state<string | null>(null);
  #refresher: Refresher | null = null;
  #settled = false;

  constructor(id: string) {
    this.id = id;
    this.list = new RemoteList(() => listDrills(id));
    this.scenarios = new RemoteList(listScenarios);
  }

  /** The one that is on, or strikes no more and is not judged yet: until then another cannot be started. */
  get on(): Drill | null {
    return this.list.items?.find(({ phase }) => phase === 'on' || phase === 'judging') ?? null;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Why the last order was refused. */
  get error(): string | null {
    return this.#error;
  }

  /** Keeps the list fresh; returns what ends that. */
  open(): () => void {
    const refresher = new Refresher(() => this.#follow(), { idleMs: REFRESH_MS });
    this.#refresher = refresher;
    void this.scenarios.load();
    return () => refresher.stop();
  }

  /** Something happened to a drill: the list is no longer as it was. */
  invalidate(): void {
    this.#settled = false;
    this.#refresher?.invalidate();
  }

  start(order: DrillOrder): Promise<void> {
    return this.#order(() => startDrill(this.id, order));
  }

  stop(): Promise<void> {
    return this.#order(() => stopDrill(this.id));
  }

  /** Verdicts are long, and do not change: a list of nothing else is not read again. */
  async #follow(): Promise<void> {
    if (this.#settled) return;
    this.#settled = true;
    await this.list.load();
    if (this.list.items === null || this.on !== null || this.list.error !== null) this.#settled = false;
  }

  async #order(give: () => Promise<unknown>): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#error = null;
    try {
      await give();
    } catch (error) {
      this.#error = errorDetails(error);
    }
    this.#settled = false;
    await this.list.load();
    this.#busy = false;
  }
}
