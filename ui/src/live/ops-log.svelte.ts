import { rememberDismissed, wasDismissed } from './dismissed';
import { DrillPhase, type DrillState, type Ops } from './model';
import { NO_MARKS, recoveriesOf, RestartMarks, type Freshness, type Recovery } from './recovery';

/** So many recoveries are remembered as lines: two come every second, and the race's own messages matter more. */
export const LINES_MAX = 12;

const JOINING_MS = 500;

/** A recovery as a line of the feed. */
export interface RecoveryLine extends Recovery {
  readonly id: number;
  /** Of the race, when it was told. */
  readonly timeMs: number;
}

/** What happens to a race's actors, as it is shown: the counter, the drill, the newest recoveries, the cars to mark. */
export class OpsLog {
  readonly #race: string;
  #restarts = $state(0);
  #drill = $state.raw<DrillState | null>(null);
  #dismissed = $state(false);
  #lines = $state.raw<readonly RecoveryLine[]>([]);
  #restarted = $state.raw(NO_MARKS);
  readonly #marks = new RestartMarks();
  #sweeping: ReturnType<typeof setTimeout> | null = null;
  #joinedMs = -Infinity;
  #known = false;
  #written = 0;

  constructor(race = '') {
    this.#race = race;
  }

  /** Of all the race's actors. */
  get restarts(): number {
    return this.#restarts;
  }

  /** The drill that is on, or the last one until its verdict was dismissed. */
  get drill(): DrillState | null {
    return this.#dismissed ? null : this.#drill;
  }

  /** Oldest first. */
  get lines(): readonly RecoveryLine[] {
    return this.#lines;
  }

  /** The cars that came back a moment ago. */
  get restarted(): ReadonlyMap<number, Freshness> {
    return this.#restarted;
  }

  hear(ops: Ops, timeMs: number, nowMs = performance.now()): void {
    // Whoever joins is told at once what was told last, however long ago: that is not news.
    const history = !this.#known && nowMs - this.#joinedMs < JOINING_MS;
    const recent = history || ops.restarts <= this.#restarts ? [] : ops.recent;
    const news = ops.restarts - this.#restarts;
    this.#known = true;
    this.#restarts = ops.restarts;
    this.#follow(ops.drill);
    const lines = recoveriesOf(recent, news).map((r) => ({ ...r, id: ++this.#written, timeMs }));
    if (lines.length > 0) this.#lines = [...this.#lines, ...lines].slice(-LINES_MAX);
    this.#marks.add(recent, nowMs);
    this.#sweep(nowMs);
  }

  /** The race was joined: what comes with its snapshot is history. */
  join(nowMs: number): void {
    this.#joinedMs = nowMs;
  }

  /** Takes the verdict away; the next drill is shown again. */
  dismiss(): void {
    this.#dismissed = true;
    if (this.#drill) rememberDismissed(this.#race, this.#drill);
  }

  end(): void {
    if (this.#sweeping !== null) clearTimeout(this.#sweeping);
    this.#sweeping = null;
  }

  #follow(drill: DrillState | null): void {
    const goesOn = drill !== null && drill.phase <= DrillPhase.Judging;
    if (goesOn || drill?.name !== this.#drill?.name) {
      this.#dismissed = drill !== null && !goesOn && wasDismissed(this.#race, drill);
    }
    this.#drill = drill;
  }

  /** Lets marks grow old, and comes again when the next one does. */
  #sweep(nowMs: number): void {
    this.end();
    const { marks, nextMs } = this.#marks.sweep(nowMs);
    if (marks.size > 0 || this.#restarted.size > 0) this.#restarted = marks;
    if (nextMs !== null) this.#sweeping = setTimeout(() => this.#sweep(performance.now()), nextMs);
  }
}
