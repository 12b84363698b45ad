import { NO_CAR, type Restart } from './model';

/** A car's recovery is marked for so long, and fades in the last part of it. */
export const MARKED_MS = 2000;
export const FADES_AFTER_MS = 1200;

/** How a mark stands. */
export type Freshness = 'fresh' | 'fading';

export const NO_MARKS: ReadonlyMap<number, Freshness> = new Map();

/** Actors that came back within half a second. */
export interface Recovery {
  /** Empty: of several kinds. */
  readonly kind: string;
  readonly actors: number;
  /** How many of them were told of one by one: the slowest is one of these. */
  readonly seen: number;
  readonly slowestUs: number;
  /** Why the first of them died. */
  readonly reason: string;
}

/** Restarts by kind; one for all of them where there were more than are told of. */
export function recoveriesOf(recent: readonly Restart[], restarts: number): Recovery[] {
  const recovery = (kind: string, actors: number, seen: readonly Restart[]): Recovery => ({
    kind,
    actors,
    seen: seen.length,
    slowestUs: Math.max(...seen.map((restart) => restart.tookUs)),
    reason: seen[0]?.reason ?? '',
  });
  if (recent.length === 0) return [];
  if (restarts > recent.length) return [recovery('', restarts, recent)];
  return [...new Set(recent.map((restart) => restart.kind))].map((kind) => {
    const seen = recent.filter((restart) => restart.kind === kind);
    return recovery(kind, seen.length, seen);
  });
}

/** Which cars came back a moment ago. */
export class RestartMarks {
  readonly #atMs = new Map<number, number>();

  add(recent: readonly Restart[], nowMs: number): void {
    for (const { car } of recent) if (car !== NO_CAR) this.#atMs.set(car, nowMs);
  }

  /** The marks as they stand, and in how many milliseconds one of them will stand differently: null for never. */
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
