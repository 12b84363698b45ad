import { NO_CAR, type Restart } from './model';

/** How long a restarted car stays marked, and when the mark begins to fade. */
export const MARKED_MS = 2000;
export const FADES_AFTER_MS = 1200;

export type Freshness = 'fresh' | 'fading';

export const NO_MARKS: ReadonlyMap<number, Freshness> = new Map();

/** Actors that restarted within half a second. */
export interface Recovery {
  /** Empty for several kinds. */
  readonly kind: string;
  readonly actors: number;
  /** How many restarts the server listed one by one; slowestUs is the slowest of these. */
  readonly listed: number;
  readonly slowestUs: number;
  /** Why the first listed actor died. */
  readonly reason: string;
}

/** Groups restarts by kind, or into one recovery where the server listed only some of them. */
export function recoveriesOf(recent: readonly Restart[], restarts: number): Recovery[] {
  const recovery = (kind: string, actors: number, listed: readonly Restart[]): Recovery => ({
    kind,
    actors,
    listed: listed.length,
    slowestUs: Math.max(...listed.map((restart) => restart.tookUs)),
    reason: listed[0]?.reason ?? '',
  });
  if (recent.length === 0) return [];
  if (restarts > recent.length) return [recovery('', restarts, recent)];
  return [...new Set(recent.map((restart) => restart.kind))].map((kind) => {
    const listed = recent.filter((restart) => restart.kind === kind);
    return recovery(kind, listed.length, listed);
  });
}

/** Remembers which cars restarted a moment ago. */
export class RestartMarks {
  readonly #atMs = new Map<number, number>();

  add(recent: readonly Restart[], nowMs: number): void {
    for (const { car } of recent) if (car !== NO_CAR) this.#atMs.set(car, nowMs);
  }

  /** The current marks, and in how many milliseconds the next one changes; null: never. */
  sweep(nowMs: number): { readonly marks: ReadonlyMap<number, Freshness>; readonly nextMs: number | null } {
    const marks = new Map<number, Freshness>();
    let nextMs: number | null = null;
    for (const [car, atMs] of this.#atMs) {
      const age = nowMs - atMs;
      if (age >= MARKED_MS) {
        this.#atMs.delete(car);
        continue;
      }
      const fading = age >= FADES_AFTER_MS;
      marks.set(car, fading ? 'fading' : 'fresh');
      nextMs = Math.min(nextMs ?? Infinity, (fading ? MARKED_MS : FADES_AFTER_MS) - age);
    }
    return { marks, nextMs };
  }
}
