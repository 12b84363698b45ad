import { expect, test } from 'vitest';

import type { Lap, RaceEntry } from '../api';
import { hashOf, readHash } from './address';
import { spreadLabels, chartData } from './chart';
import { similar, contrast, parseColour, withContrast } from './colour';
import {
  byCar,
  sortByResult,
  lapChart,
  lapTimes,
  leaderEndTimes,
  raceTrace,
  carStyles,
  typicalRange,
  withLaps,
} from './plots';

const entry = (number: number, code: string, colour: string, grid: number): RaceEntry => ({
  driver_number: number,
  name_acronym: code,
  full_name: code,
  team_name: '',
  team_colour: colour,
  grid_position: grid,
});
export const lap = (
  car: number,
  number: number,
  ms: number | null,
  end: number,
  more: Partial<Lap> = {},
): Lap => ({
  driver_number: car,
  lap_number: number,
  lap_duration_ms: ms,
  end_ms: end,
  position: car,
  compound: 'soft',
  tyre_age: number,
  is_pit_in_lap: false,
  is_pit_out_lap: false,
  is_deleted: false,
  mark: 'slower',
  passing: 0,
  ...more,
});

const entries = [entry(1, 'NOR', 'ff8000', 2), entry(2, 'PIA', 'ff8000', 1), entry(3, 'VER', '', 0)];
const laps = [
  lap(1, 1, 90_000, 90_000),
  lap(2, 1, 91_000, 91_000),
  lap(1, 3, 120_000, 300_000, { is_pit_in_lap: true }),
  lap(1, 2, 90_000, 180_000),
  lap(2, 2, 88_500, 179_500, { position: 1 }),
];
const styles = carStyles(entries, [1, 2, 3, 9], '#ffffff', '#111111');

test('cars of one colour differ by dashes, and all lines stand out from the background', () => {
  expect(styles.map((s) => [s.code, s.dash.length])).toEqual([
    ['NOR', 0],
    ['PIA', 2],
    ['VER', 0],
  ]);
  expect(styles[2]?.colour).toBe('#111111');
  for (const background of ['#ffffff', 'rgb(18, 21, 28)']) {
    for (const colour of ['ff8000', 'ffffff', '000000', 'd6452b', '7f7f7f', 'ffff00']) {
      const [line, under] = [parseColour(withContrast(colour, background)), parseColour(background)];
      if (!line || !under) throw new Error('no colour');
      expect(contrast(line, under)).toBeGreaterThanOrEqual(3);
    }
  }
  expect(withContrast('none', '#fff')).toBe('none');
  expect([similar('#ff0000', 'rgb(250, 10, 0)'), similar('#ff0000', '#0000ff'), similar('x', 'y')]).toEqual([
    true,
    false,
    false,
  ]);
});

test("a lap chart starts on the grid and ends with the car's last lap", () => {
  const { x, lines } = lapChart(styles, byCar(laps), entries);
  expect(x).toEqual([0, 1, 2, 3]);
  expect(lines.map((l) => l.values)).toEqual([
    [2, 1, 1, 1],
    [1, 2, 1, null],
    [null, null, null, null],
  ]);
  expect([...(lines[0]?.marks ?? [])]).toEqual([3]);
});

test("a race trace is relative to the leader of each lap or to the leader's average pace", () => {
  const leader = leaderEndTimes([...laps, lap(1, 2, null, 180_000)]);
  expect([...leader]).toEqual([
    [1, 90_000],
    [3, 300_000],
    [2, 179_500],
  ]);
  const toLeader = raceTrace(styles, byCar(laps), leader, 'leader');
  expect(toLeader.lines[1]?.values).toEqual([-1, 0, null]);
  expect(raceTrace(styles, byCar(laps), leader, 'pace').lines[0]?.values).toEqual([10, 20, 0]);
  expect(raceTrace(styles, byCar([lap(1, 9, 1, 1)]), leader, 'leader').lines[0]?.values.at(-1)).toBeNull();
});

test('slow laps do not stretch the scale of lap times, but stay in the plot', () => {
  const many = byCar([
    ...Array.from({ length: 9 }, (_, i) => lap(1, i + 1, 90_000 + i * 100, 0)),
    lap(1, 10, 140_000, 0, { is_pit_out_lap: true }),
    lap(1, 11, null, 0),
  ]);
  const plot = lapTimes(styles, many);
  const [low, high] = typicalRange(plot) ?? [0, 0];
  expect(low).toBeGreaterThan(90);
  expect(low).toBeLessThan(90.1);
  expect(high).toBeLessThan(91);
  const drawn = chartData(plot, { y: String, range: [low, high] })[1] as (number | null)[];
  expect(drawn.slice(8)).toEqual([90.8, null, null]);
  expect(plot.lines[0]?.values.slice(8)).toEqual([90.8, 140, null]);
  expect(typicalRange(lapTimes(styles, byCar([])))).toBeNull();
});

test('marked values can be left out of the line', () => {
  const plot = lapChart(styles, byCar(laps), entries);
  expect((chartData(plot, { y: String, detachMarked: true })[1] as unknown[]).at(3)).toBeNull();
  expect((chartData(plot, { y: String })[1] as unknown[]).at(3)).toBe(1);
});

test('reloaded laps replace those of the same cars only', () => {
  const before = byCar(laps);
  const after = withLaps(before, [2, 3], [lap(2, 1, 1, 1)]);
  expect(after.get(1)).toBe(before.get(1));
  expect([after.get(2)?.length, after.get(3)?.length]).toEqual([1, 0]);
  const order = [2, 1].map((driver_number) => ({
    driver_number,
    position: 1,
    laps: 0,
    status: 'running' as const,
    best_lap: null,
  }));
  expect(sortByResult([1, 7, 2], order)).toEqual([2, 1, 7]);
});

test('labels at the ends of lines are moved apart and stay inside the chart', () => {
  const moved = spreadLabels([{ y: 10 }, { y: 11 }, { y: 50 }, { y: 99 }, { y: 100 }], 13, 100).map(
    (n) => n.y,
  );
  expect(moved).toEqual([10, 23, 50, 87, 100]);
});

test('the address holds the chart and the laps', () => {
  expect(readHash('')).toEqual({ view: 'positions', laps: [] });
  expect(readHash('#compare/1:12/44:3')).toEqual({ view: 'compare', laps: ['1:12', '44:3'] });
  expect(readHash('#nonsense').view).toBe('positions');
  expect(hashOf('compare', '1:12', '44:3')).toBe('#compare/1:12/44:3');
});
