import { rememberDismissed, wasDismissed } from './dismissed-verdict';
import { DrillPhase, type DrillState, type Ops } from './model';
import { NO_MARKS, recoveriesOf, RestartMarks, type Freshness, type Recovery } from './recovery';

/** Recovery lines kept: two arrive every second, and the race's own messages matter more. */
export const LINES_MAX = 12;

const JOINING_MS = 500;

/** A recovery as a line of the feed. */
export interface RecoveryLine extends Recovery {
  readonly id: number;
  /** Race time when the recovery was reported. */
  readonly timeMs: number;
}

/** What the page shows of a race's actors: the restart counter, the drill, the newest recoveries, the cars to mark. */
export class OpsLog {
  readonly #race: string;
  #restarts = $state(0);
  #drill = $state.raw<DrillState | null>(null);
  #dismissed = $state(false);
  #lines = $state.raw<readonly RecoveryLine[]>([]);
  #restarted = $state.raw(NO_MARKS);
  readonly #marks = new RestartMarks();
  #sweepTimer: ReturnType<typeof setTimeout> | null = null;
  #joinedMs = -Infinity;
  #received = false;
  #lastId = 0;

  constructor(race = '') {
    this.#race = race;
  }

  /** Restarts of all the race's actors. */
  get restarts(): number {
    return this.#restarts;
  }

  /** The running drill, or the last one until its verdict is dismissed. */
  get drill(): DrillState | null {
    return this.#dismissed ? null : this.#drill;
  }

  /** Oldest first. */
  get lines(): readonly RecoveryLine[] {
    return this.#lines;
  }

  /** The cars whose actor restarted a moment ago. */
  get restarted(): ReadonlyMap<number, Freshness> {
    return this.#restarted;
  }

  apply(ops: Ops, timeMs: number, nowMs = performance.now()): void {
    // After joining, the server repeats its last message, however old: its restarts are not news.
    const isHistory = !this.#received && nowMs - this.#joinedMs < JOINING_MS;
    const recent = isHistory || ops.restarts <= this.#restarts ? [] : ops.recent;
    const newRestarts = ops.restarts - this.#restarts;
    this.#received = true;
    this.#restarts = ops.restarts;
    this.#updateDrill(ops.drill);
    const lines = recoveriesOf(recent, newRestarts).map((r) => ({ ...r, id: ++this.#lastId, timeMs }));
    if (lines.length > 0) this.#lines = [...this.#lines, ...lines].slice(-LINES_MAX);
    this.#marks.add(recent, nowMs);
    this.#sweep(nowMs);
  }

  /** Notes a snapshot: restarts that arrive with it are history. */
  join(nowMs: number): void {
    this.#joinedMs = nowMs;
  }

  /** Hides the verdict; the next drill is shown again. */
  dismiss(): void {
    this.#dismissed = true;
    if (this.#drill) rememberDismissed(this.#race, this.#drill);
  }

  end(): void {
    if (this.#sweepTimer !== null) clearTimeout(this.#sweepTimer);
    this.#sweepTimer = null;
  }

  #updateDrill(drill: DrillState | null): void {
    const running = drill !== null && drill.phase <= DrillPhase.Judging;
    if (running || drill?.name !== this.#drill?.name) {
      this.#dismissed = drill !== null && !running && wasDismissed(this.#race, drill);
    }
    this.#drill = drill;
  }

  /** Updates the marks and schedules the next update. */
  #sweep(nowMs: number): void {
    this.end();
    const { marks, nextMs } = this.#marks.sweep(nowMs);
    if (marks.size > 0 || this.#restarted.size > 0) this.#restarted = marks;
    if (nextMs !== null) this.#sweepTimer = setTimeout(() => this.#sweep(performance.now()), nextMs);
  }
}
