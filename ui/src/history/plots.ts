import type { ClassifiedCar, Lap, RaceEntry } from '../api';
import { similar, withContrast } from './colour';

/** A line of a chart. */
export interface PlotLine {
  readonly key: string;
  readonly label: string;
  readonly colour: string;
  /** Empty for a solid line. */
  readonly dash: readonly number[];
  /** One value for each x; null where there is none. */
  readonly values: readonly (number | null)[];
  /** Indexes that are marked with a ring. */
  readonly marks?: ReadonlySet<number>;
}

/** The data of a chart. */
export interface Plot {
  readonly x: readonly number[];
  readonly lines: readonly PlotLine[];
}

/** A column of the table with a chart's data. */
export interface TableColumn extends Pick<PlotLine, 'key' | 'label' | 'values'> {
  readonly show: (value: number) => string;
}

/** How a car is drawn. Cars of similar colours differ by dashes. */
export interface CarStyle {
  readonly number: number;
  readonly code: string;
  readonly colour: string;
  readonly dash: readonly number[];
}

export const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [8, 3, 2, 3]];

/** The styles of some cars on a background; a car without a colour gets the text colour. */
export function carStyles(
  entries: readonly RaceEntry[],
  cars: readonly number[],
  background: string,
  text: string,
): CarStyle[] {
  const styles: CarStyle[] = [];
  for (const number of cars) {
    const entry = entries.find((e) => e.driver_number === number);
    if (!entry) continue;
    const colour = entry.team_colour === '' ? text : withContrast(entry.team_colour, background);
    const nth = styles.filter((style) => similar(style.colour, colour)).length;
    styles.push({ number, code: entry.name_acronym, colour, dash: DASHES[nth % DASHES.length] ?? [] });
  }
  return styles;
}

/** Laps by car, ordered by lap number. */
export type LapsByCar = ReadonlyMap<number, readonly Lap[]>;

export function byCar(laps: readonly Lap[]): Map<number, Lap[]> {
  const out = new Map<number, Lap[]>();
  for (const lap of laps) {
    const of = out.get(lap.driver_number);
    if (of) of.push(lap);
    else out.set(lap.driver_number, [lap]);
  }
  for (const of of out.values()) of.sort((a, b) => a.lap_number - b.lap_number);
  return out;
}

export const NO_LAPS: LapsByCar = new Map();
export const NO_TIMES: ReadonlyMap<number, number> = new Map();

/** Replaces the laps of some cars. */
export function withLaps(before: LapsByCar, cars: readonly number[], read: readonly Lap[]): LapsByCar {
  const fresh = byCar(read);
  return new Map([...before, ...cars.map((car) => [car, fresh.get(car) ?? []] as const)]);
}

/** Sorts cars by the result. */
export function sortByResult(cars: readonly number[], order: readonly ClassifiedCar[]): number[] {
  const place = new Map(order.map((car, i) => [car.driver_number, i]));
  return [...cars].sort((a, b) => (place.get(a) ?? Infinity) - (place.get(b) ?? Infinity));
}

function lapsDriven(styles: readonly CarStyle[], laps: LapsByCar): number {
  return Math.max(0, ...styles.map((s) => laps.get(s.number)?.at(-1)?.lap_number ?? 0));
}

/** A plot over laps from `first` on, with one value for each lap of each car. */
function overLaps(
  styles: readonly CarStyle[],
  laps: LapsByCar,
  first: number,
  value: (lap: Lap, index: number) => number | null,
  marked: (lap: Lap) => boolean = () => false,
): Plot {
  const last = lapsDriven(styles, laps);
  const x = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  const lines = styles.map(({ number, code, colour, dash }) => {
    const values: (number | null)[] = x.map(() => null);
    const marks = new Set<number>();
    for (const [i, lap] of (laps.get(number) ?? []).entries()) {
      const at = lap.lap_number - first;
      if (at < 0) continue;
      values[at] = value(lap, i);
      if (marked(lap)) marks.add(at);
    }
    return { key: String(number), label: code, colour, dash, values, marks };
  });
  return { x, lines };
}

const isPitIn = (lap: Lap): boolean => lap.is_pit_in_lap;

/** Positions by lap; lap 0 is the grid. */
export function lapChart(styles: readonly CarStyle[], laps: LapsByCar, entries: readonly RaceEntry[]): Plot {
  const plot = overLaps(styles, laps, 0, (lap) => lap.position, isPitIn);
  return {
    x: plot.x,
    lines: plot.lines.map((line) => {
      const grid = entries.find((e) => String(e.driver_number) === line.key)?.grid_position ?? 0;
      return { ...line, values: line.values.map((v, i) => (i === 0 && grid > 0 ? grid : v)) };
    }),
  };
}

/** The reference of the gaps: the leader of each lap, or the leader's average pace. */
export type Reference = 'leader' | 'pace';

/**
 * Seconds ahead of the reference at the end of each lap, negative behind it. leaderEndMs is when the first car
 * completed each lap.
 */
export function raceTrace(
  styles: readonly CarStyle[],
  laps: LapsByCar,
  leaderEndMs: ReadonlyMap<number, number>,
  reference: Reference,
): Plot {
  const last = Math.max(0, ...leaderEndMs.keys());
  const pace = last > 0 ? (leaderEndMs.get(last) ?? 0) / last : 0;
  return overLaps(
    styles,
    laps,
    1,
    (lap) => {
      const at = reference === 'pace' ? pace * lap.lap_number : leaderEndMs.get(lap.lap_number);
      return at === undefined ? null : (at - lap.end_ms) / 1000;
    },
    isPitIn,
  );
}

/** When the first car completed each lap. */
export function leaderEndTimes(laps: readonly Lap[]): Map<number, number> {
  const out = new Map<number, number>();
  for (const lap of laps) {
    out.set(lap.lap_number, Math.min(lap.end_ms, out.get(lap.lap_number) ?? Infinity));
  }
  return out;
}

/** Lap times in seconds; in and out laps are marked. */
export function lapTimes(styles: readonly CarStyle[], laps: LapsByCar): Plot {
  return overLaps(
    styles,
    laps,
    1,
    (lap) => (lap.lap_duration_ms === null ? null : lap.lap_duration_ms / 1000),
    (lap) => lap.is_pit_in_lap || lap.is_pit_out_lap,
  );
}

/**
 * A lap slower than the median by this factor counts as slow: the first lap, in and out laps, laps behind a safety
 * car.
 */
export const SLOW_LAP_FACTOR = 1.07;

/**
 * The scale for lap times: from the fastest lap to the slowest on track, but not far above the median. First, in and
 * out laps are ignored. Null without lap times.
 */
export function typicalRange(plot: Plot): readonly [low: number, high: number] | null {
  const timesOf = (values: PlotLine['values'], marks?: ReadonlySet<number>): number[] =>
    values.filter((v, i): v is number => v !== null && i > 0 && !marks?.has(i));
  const all = plot.lines.flatMap((line) => timesOf(line.values, line.marks)).sort((a, b) => a - b);
  const [low, median] = [all[0], all[Math.floor(all.length / 2)]];
  if (low === undefined || median === undefined) return null;
  const high = Math.min(all.at(-1) ?? median, median * SLOW_LAP_FACTOR);
  const room = Math.max((high - low) * 0.05, 0.05);
  return [low - room, high + room];
}
