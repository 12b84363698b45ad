import type { CarLap, Circuit, ClassifiedCar, Comparison, Lap, Profile, RaceDetail } from '../api';
import { lapTime, DASH } from '../format';
import type { Plot, PlotLine, TableColumn } from './plots';

/** Points of a comparison, enough for a wide screen. */
const POINTS_MAX = 700;
/** Throttle in per cent that counts as full. */
const FULL_THROTTLE = 98;

/** The distance between points of a comparison, in whole metres. */
export function stepFor(circuit: Circuit | null): number {
  return circuit === null ? 10 : Math.max(1, Math.round(circuit.length_m / POINTS_MAX));
}

/** The laps compared by default: the best laps of the first two of the result. */
export function defaultPair(order: readonly ClassifiedCar[]): readonly [CarLap, CarLap] | null {
  const [a, b] = order.filter((car) => car.best_lap !== null);
  if (!a) return null;
  const lap = (car: ClassifiedCar): CarLap => ({ car: car.driver_number, lap: car.best_lap ?? 1 });
  return [lap(a), lap(b ?? a)];
}

/** The number of a car's fastest lap, or of its last; null for none. */
export function fastestLap(laps: readonly Lap[]): number | null {
  const timed = laps.filter((lap) => lap.lap_duration_ms !== null && !lap.is_deleted);
  const best = timed.reduce<Lap | null>(
    (a, b) => (a === null || (b.lap_duration_ms ?? 0) < (a.lap_duration_ms ?? 0) ? b : a),
    null,
  );
  return best?.lap_number ?? laps.at(-1)?.lap_number ?? null;
}

/** Parses `1:12` from an address; null for anything else. */
export function parseCarLap(text: string | undefined): CarLap | null {
  const [, car, lap] = /^(\d{1,7}):(\d{1,5})$/.exec(text ?? '') ?? [];
  return car && lap ? { car: Number(car), lap: Number(lap) } : null;
}

export function carLapText({ car, lap }: CarLap): string {
  return `${car}:${lap}`;
}

/** One chart of the comparison. */
export interface Panel {
  readonly name: string;
  readonly unit: string;
  readonly plot: Plot;
  readonly show: (value: number) => string;
  /** The tick intervals allowed on its axis. */
  readonly steps?: readonly number[];
  /** Draws steps. */
  readonly stepped?: boolean;
  readonly tall?: boolean;
  /** Fixed ends of the scale. */
  readonly range?: readonly [number, number];
}

/** The colours of the two laps. */
export interface PairColours {
  readonly a: string;
  readonly b: string;
}

const whole = (v: number): string => String(Math.round(v));

/** `+0.123`, `−0.045`; 0 has no sign. */
export function signedSeconds(seconds: number): string {
  const text = Math.abs(seconds).toFixed(3);
  if (Number(text) === 0) return text;
  return `${seconds < 0 ? '−' : '+'}${text}`;
}

/** The panels of a comparison, top to bottom, without channels that neither car reported. */
export function comparisonPanels(
  c: Comparison,
  names: readonly [string, string],
  colours: PairColours,
): Panel[] {
  const line = (side: 'a' | 'b', values: readonly number[] | null): PlotLine => ({
    key: side,
    label: names[side === 'a' ? 0 : 1],
    colour: colours[side],
    dash: side === 'a' ? [] : [6, 3],
    values: values ?? c.distance.map(() => null),
  });
  const both = (column: 'speed' | 'throttle' | 'brake' | 'n_gear'): PlotLine[] =>
    c.a[column] === null && c.b[column] === null ? [] : [line('a', c.a[column]), line('b', c.b[column])];
  const x = c.distance;
  const panels: Panel[] = [
    { name: 'Speed', unit: 'km/h', plot: { x, lines: both('speed') }, show: whole, tall: true },
    {
      name: 'Delta',
      unit: 's',
      plot: {
        x,
        lines: [
          {
            ...line(
              'b',
              c.delta_ms.map((ms) => ms / 1000),
            ),
            key: 'delta',
            label: names[1],
            dash: [],
          },
        ],
      },
      show: signedSeconds,
    },
    {
      name: 'Throttle',
      unit: '%',
      plot: { x, lines: both('throttle') },
      show: whole,
      range: [-5, 105],
    },
    { name: 'Brake', unit: '%', plot: { x, lines: both('brake') }, show: whole, range: [-5, 105] },
    {
      name: 'Gear',
      unit: '',
      plot: { x, lines: both('n_gear') },
      show: whole,
      stepped: true,
      steps: [1, 2, 5],
    },
  ];
  return panels.filter((panel) => panel.plot.lines.length > 0);
}

/** One property of both laps. */
export interface SummaryRow {
  readonly name: string;
  readonly a: string;
  readonly b: string;
}

/** Tyres and speeds of both laps, and the share of the distance at full throttle and on the brakes. */
export function lapSummary(c: Comparison): SummaryRow[] {
  const row = (name: string, of: (p: Profile) => string | null): SummaryRow[] => {
    const [a, b] = [of(c.a), of(c.b)];
    return a === null && b === null ? [] : [{ name, a: a ?? DASH, b: b ?? DASH }];
  };
  const kmh = (column: readonly number[] | null, pick: (...v: number[]) => number): string | null =>
    column === null ? null : `${Math.round(pick(...column))} km/h`;
  const part = (column: readonly number[] | null, counts: (v: number) => boolean): string | null =>
    column === null ? null : `${Math.round((100 * column.filter(counts).length) / column.length)} %`;
  return [
    ...row('Lap time', (p) => lapTime(p.lap_duration_ms)),
    ...row('Tyres', (p) => (p.compound === 'unknown' ? null : `${p.compound}, lap ${p.tyre_age}`)),
    ...row('Fastest', (p) => kmh(p.speed, Math.max)),
    ...row('Slowest', (p) => kmh(p.speed, Math.min)),
    ...row('Full throttle', (p) => part(p.throttle, (v) => v >= FULL_THROTTLE)),
    ...row('On the brakes', (p) => part(p.brake, (v) => v > 0)),
  ];
}

/** The columns of the table with the data of all panels. */
export function tableColumns(panels: readonly Panel[]): TableColumn[] {
  return panels.flatMap((panel) =>
    panel.plot.lines.map((line) => ({
      key: `${panel.name} ${line.key}`,
      label: line.key === 'delta' ? 'Delta' : `${panel.name} ${line.label}`,
      values: line.values,
      show: panel.show,
    })),
  );
}

/** Where sectors end, in metres, except at the finish line. */
export function sectorEnds(
  race: RaceDetail,
  lengthM: number,
): { readonly at: number; readonly name: string }[] {
  return race.lines
    .filter((line) => line.kind === 'sector' && line.permyriad > 0)
    .map((line) => ({ at: (line.permyriad / 10_000) * lengthM, name: `S${line.sector}` }));
}

/** The speeds and the delta at an index, in a sentence. */
export function describePlace(c: Comparison, at: number, names: readonly [string, string]): string {
  const speed = (column: readonly number[] | null): string =>
    column === null ? '' : ` ${Math.round(column[at] ?? 0)} km/h`;
  const delta = signedSeconds((c.delta_ms[at] ?? 0) / 1000);
  return `${Math.round(c.distance[at] ?? 0)} m: ${names[0]}${speed(c.a.speed)}, ${names[1]}${speed(c.b.speed)}, delta ${delta} s`;
}

/** Says how distances were computed where a car did not report them; null where both did. */
export function distanceNote(c: Comparison): string | null {
  const words = {
    lap_fraction: null,
    speed: 'speed over time',
    x_y: 'the path between reported positions',
  } as const;
  const [a, b] = [words[c.a.distance_from], words[c.b.distance_from]];
  const methods = [...new Set([a, b].filter((w) => w !== null))].join(' and ');
  return methods === '' ? null : `Distance is computed from ${methods} and scaled to the lap length.`;
}
