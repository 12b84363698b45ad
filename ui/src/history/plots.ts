import type { ClassifiedCar, Lap, RaceEntry } from '../api';
import { alike, readable } from './colour';

/** A line of a chart. */
export interface PlotLine {
  readonly key: string;
  readonly label: string;
  readonly colour: string;
  /** Empty: solid. */
  readonly dash: readonly number[];
  /** As many as the chart has places on its x axis; null where there is nothing. */
  readonly values: readonly (number | null)[];
  /** Places that are marked with a ring. */
  readonly marks?: ReadonlySet<number>;
}

/** What a chart shows. */
export interface Plot {
  readonly x: readonly number[];
  readonly lines: readonly PlotLine[];
}

/** A column of the table that stands for a chart. */
export interface TableColumn extends Pick<PlotLine, 'key' | 'label' | 'values'> {
  readonly show: (value: number) => string;
}

/** How a car is drawn. Cars whose colours are alike are told apart by dashes. */
export interface CarStyle {
  readonly number: number;
  readonly code: string;
  readonly colour: string;
  readonly dash: readonly number[];
}

export const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [8, 3, 2, 3]];

/** The styles of some cars on a ground; a car without a colour has the text's. */
export function stylesOf(
  entries: readonly RaceEntry[],
  cars: readonly number[],
  ground: string,
  text: string,
): CarStyle[] {
  const styles: CarStyle[] = [];
  for (const number of cars) {
    const entry = entries.find((e) => e.driver_number === number);
    if (!entry) continue;
    const colour = entry.team_colour === '' ? text : readable(entry.team_colour, ground);
    const nth = styles.filter((style) => alike(style.colour, colour)).length;
    styles.push({ number, code: entry.name_acronym, colour, dash: DASHES[nth % DASHES.length] ?? [] });
  }
  return styles;
}

/** Laps by car, by number. */
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

/** The laps that were known, with those of some cars as they were read anew. */
export function withLaps(before: LapsByCar, cars: readonly number[], read: readonly Lap[]): LapsByCar {
  const anew = byCar(read);
  return new Map([...before, ...cars.map((car) => [car, anew.get(car) ?? []] as const)]);
}

/** Cars in the order of the result. */
export function inOrder(cars: readonly number[], order: readonly ClassifiedCar[]): number[] {
  const place = new Map(order.map((car, i) => [car.driver_number, i]));
  return [...cars].sort((a, b) => (place.get(a) ?? Infinity) - (place.get(b) ?? Infinity));
}

function lapsDriven(styles: readonly CarStyle[], laps: LapsByCar): number {
  return Math.max(0, ...styles.map((s) => laps.get(s.number)?.at(-1)?.lap_number ?? 0));
}

/** A plot over laps from `first` on: each car's value of each of its laps. */
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

const pits = (lap: Lap): boolean => lap.is_pit_in_lap;

/** Positions by lap, from the grid at 0 on. */
export function lapChart(styles: readonly CarStyle[], laps: LapsByCar, entries: readonly RaceEntry[]): Plot {
  const plot = overLaps(styles, laps, 0, (lap) => lap.position, pits);
  return {
    x: plot.x,
    lines: plot.lines.map((line) => {
      const grid = entries.find((e) => String(e.driver_number) === line.key)?.grid_position ?? 0;
      return { ...line, values: line.values.map((v, i) => (i === 0 && grid > 0 ? grid : v)) };
    }),
  };
}

/** What gaps are taken to: who leads at the line, or the pace that the leader had in all. */
export type Reference = 'leader' | 'pace';

/** Seconds ahead of the reference at the end of each lap, below 0: behind. `leader` is when each lap was first ended. */
export function raceTrace(
  styles: readonly CarStyle[],
  laps: LapsByCar,
  leader: ReadonlyMap<number, number>,
  to: Reference,
): Plot {
  const last = Math.max(0, ...leader.keys());
  const pace = last > 0 ? (leader.get(last) ?? 0) / last : 0;
  return overLaps(
    styles,
    laps,
    1,
    (lap) => {
      const at = to === 'pace' ? pace * lap.lap_number : leader.get(lap.lap_number);
      return at === undefined ? null : (at - lap.end_ms) / 1000;
    },
    pits,
  );
}

/** When each lap was ended by the first car. */
export function leaderEnds(laps: readonly Lap[]): Map<number, number> {
  const out = new Map<number, number>();
  for (const lap of laps) {
    out.set(lap.lap_number, Math.min(lap.end_ms, out.get(lap.lap_number) ?? Infinity));
  }
  return out;
}

/** Lap times in seconds; laps that end in the pit lane, or begin there, are marked. */
export function lapTimes(styles: readonly CarStyle[], laps: LapsByCar): Plot {
  return overLaps(
    styles,
    laps,
    1,
    (lap) => (lap.lap_duration_ms === null ? null : lap.lap_duration_ms / 1000),
    (lap) => lap.is_pit_in_lap || lap.is_pit_out_lap,
  );
}

/** A lap above this part of the median is slow: the first, in and out laps, behind a safety car. */
export const SLOW = 1.07;

/**
 * What lap times are worth a close look: from the fastest to the slowest on the track, but not far above the median. The
 * first lap and those through the pits have no say. Null where there are none.
 */
export function usualRange(plot: Plot): readonly [low: number, high: number] | null {
  const said = (values: PlotLine['values'], marks?: ReadonlySet<number>): number[] =>
    values.filter((v, i): v is number => v !== null && i > 0 && !marks?.has(i));
  const all = plot.lines.flatMap((line) => said(line.values, line.marks)).sort((a, b) => a - b);
  const [low, median] = [all[0], all[Math.floor(all.length / 2)]];
  if (low === undefined || median === undefined) return null;
  const high = Math.min(all.at(-1) ?? median, median * SLOW);
  const room = Math.max((high - low) * 0.05, 0.05);
  return [low - room, high + room];
}
