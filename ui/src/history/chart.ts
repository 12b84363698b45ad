import uPlot from 'uplot';

import type { Plot, PlotLine } from './plots';
import type { Theme } from './theme.svelte';

/** How a plot is drawn. */
export interface Look {
  readonly y: (value: number) => string;
  /** A value on the axis, where it is shorter there. */
  readonly axis?: (value: number) => string;
  readonly x?: (value: number) => string;
  /** Steps that the axes may take. */
  readonly xSteps?: readonly number[];
  readonly ySteps?: readonly number[];
  /** The first value stands at the top, as positions do. */
  readonly down?: boolean;
  /** A value holds until the next one. */
  readonly stepped?: boolean;
  /** Fixed ends of the scale; what lies above is pointed at. */
  readonly range?: readonly [number, number];
  /** Each line's name stands at its end. */
  readonly named?: boolean;
  /** Each value is a dot. */
  readonly dots?: boolean;
  /** Places that are marked with a line across, and a name where there is one. */
  readonly ticks?: readonly { readonly at: number; readonly name: string }[];
  /** Marked values stand apart: no line joins them. */
  readonly apart?: boolean;
  /** Whether the x axis has its numbers. */
  readonly numbered?: boolean;
}

export const LAPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
export const METRES = [50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000, 20_000];

const FONT = '12px "Roboto Condensed Variable", "Roboto Condensed", sans-serif';
/** Room at the right of a chart: for the names of its lines, or for the half of a number on its axis. */
export const NAME_ROOM = 44;
export const END_ROOM = 16;
const NAME_STEP = 13;
/** Numbers on an axis with steps of its own stand so close. */
const STEP_ROOM = 16;

export function options(plot: Plot, look: Look, theme: Theme, width: number, height: number): uPlot.Options {
  const axis = { stroke: theme.muted, font: FONT, ticks: { show: false } };
  const grid = { stroke: theme.hairline, width: 1 };
  const numbered = look.numbered ?? true;
  const [first, last] = [plot.x[0] ?? 0, plot.x.at(-1) ?? 1];
  return {
    width,
    height,
    padding: [8, look.named ? NAME_ROOM : END_ROOM, numbered ? 0 : 8, 0],
    legend: { show: false },
    focus: { alpha: plot.lines.length > 2 ? 0.25 : 1 },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 6 },
      focus: { prox: 24 },
    },
    scales: {
      x: { time: false, range: [first, Math.max(last, first + 1)] },
      y: {
        dir: look.down ? -1 : 1,
        ...(look.range ? { range: [look.range[0], look.range[1]] } : {}),
      },
    },
    axes: [
      {
        ...axis,
        grid: { ...grid, show: look.ticks === undefined },
        show: numbered,
        size: 26,
        ...(look.xSteps ? { incrs: [...look.xSteps] } : {}),
        values: (_, splits) => splits.map((v) => (look.x ?? String)(v)),
      },
      {
        ...axis,
        grid,
        size: 48,
        ...(look.ySteps ? { incrs: [...look.ySteps], space: STEP_ROOM } : {}),
        values: (_, splits) => splits.map((v) => (look.axis ?? look.y)(v)),
      },
    ],
    series: [{}, ...plot.lines.map((line) => series(line, look, theme))],
    hooks: {
      drawAxes: [(u) => drawTicks(u, look, theme)],
      draw: [
        (u) => drawMarks(u, plot, theme),
        (u) => drawBeyond(u, plot),
        (u) => {
          if (look.named) drawNames(u, plot);
        },
      ],
    },
  };
}

function series(line: PlotLine, look: Look, theme: Theme): uPlot.Series {
  const stepped = look.stepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
  return {
    label: line.label,
    stroke: line.colour,
    width: 1.75,
    dash: [...line.dash],
    points: { show: look.dots ?? false, size: 5, fill: theme.panel, stroke: line.colour, width: 1.5 },
    ...(stepped ? { paths: stepped } : {}),
  };
}

/** What uPlot draws. What lies above a fixed scale is pointed at, and no line goes there and back. */
export function dataOf(plot: Plot, look: Look): uPlot.AlignedData {
  const most = look.range?.[1] ?? Infinity;
  const joined = (line: PlotLine) =>
    line.values.map((v, i) => (v === null || v > most || (look.apart && line.marks?.has(i)) ? null : v));
  return [[...plot.x], ...plot.lines.map(joined)];
}

function drawTicks(u: uPlot, look: Look, theme: Theme): void {
  const g = u.ctx;
  for (const { at, name } of look.ticks ?? []) {
    const x = Math.round(u.valToPos(at, 'x', true)) + 0.5;
    g.save();
    g.strokeStyle = theme.hairline;
    g.lineWidth = devicePixelRatio;
    g.beginPath();
    g.moveTo(x, u.bbox.top);
    g.lineTo(x, u.bbox.top + u.bbox.height);
    g.stroke();
    write(u, name, x + 4 * devicePixelRatio, u.bbox.top + 8 * devicePixelRatio, theme.muted);
    g.restore();
  }
}

/** A ring at each marked place. */
function drawMarks(u: uPlot, plot: Plot, theme: Theme): void {
  const g = u.ctx;
  g.save();
  g.setLineDash([]);
  for (const line of plot.lines) {
    for (const at of line.marks ?? []) {
      const value = line.values[at];
      if (value === null || value === undefined || beyond(u, value)) continue;
      g.beginPath();
      g.arc(
        u.valToPos(plot.x[at] ?? 0, 'x', true),
        u.valToPos(value, 'y', true),
        4 * devicePixelRatio,
        0,
        2 * Math.PI,
      );
      g.fillStyle = theme.panel;
      g.strokeStyle = line.colour;
      g.lineWidth = 2 * devicePixelRatio;
      g.fill();
      g.stroke();
    }
  }
  g.restore();
}

const beyond = (u: uPlot, value: number): boolean => value > (u.scales.y?.max ?? Infinity);

/** What lies above the scale is pointed at from its upper end. */
function drawBeyond(u: uPlot, plot: Plot): void {
  const g = u.ctx;
  const r = 4 * devicePixelRatio;
  for (const line of plot.lines) {
    for (const [i, value] of line.values.entries()) {
      if (value === null || !beyond(u, value)) continue;
      const [x, y] = [u.valToPos(plot.x[i] ?? 0, 'x', true), u.bbox.top + 2];
      g.beginPath();
      g.moveTo(x, y);
      g.lineTo(x + r, y + 1.6 * r);
      g.lineTo(x - r, y + 1.6 * r);
      g.closePath();
      g.fillStyle = line.colour;
      g.fill();
    }
  }
}

/** Names at the ends of the lines; those that would stand in each other are moved apart. */
function drawNames(u: uPlot, plot: Plot): void {
  const right = plot.x.length - 1;
  const names = plot.lines.flatMap((line) => {
    const at = line.values.findLastIndex((v) => v !== null);
    const value = line.values[at];
    if (value === null || value === undefined) return [];
    const x = u.valToPos(plot.x[at] ?? 0, 'x', true) + 6 * devicePixelRatio;
    return [
      { text: line.label, colour: line.colour, x, y: u.valToPos(value, 'y', true), last: at === right },
    ];
  });
  const step = NAME_STEP * devicePixelRatio;
  const atEnd = apart(
    names.filter((n) => n.last),
    step,
    u.bbox.top + u.bbox.height,
  );
  for (const n of [...atEnd, ...names.filter((m) => !m.last)]) write(u, n.text, n.x, n.y, n.colour);
}

/** Moves things that stand under each other so far apart that none covers another. */
export function apart<T extends { readonly y: number }>(
  things: readonly T[],
  step: number,
  most: number,
): T[] {
  const out = [...things].sort((a, b) => a.y - b.y);
  for (let i = 1; i < out.length; i++) {
    const [above, one] = [out[i - 1] as T, out[i] as T];
    out[i] = { ...one, y: Math.max(one.y, above.y + step) };
  }
  let below = most + step;
  for (let i = out.length - 1; i >= 0; i--) {
    const one = out[i] as T;
    const y = Math.min(one.y, below - step);
    out[i] = { ...one, y };
    below = y;
  }
  return out;
}

function write(u: uPlot, text: string, x: number, y: number, colour: string): void {
  const g = u.ctx;
  g.save();
  g.font = FONT.replace('12px', `600 ${12 * devicePixelRatio}px`);
  g.fillStyle = colour;
  g.textAlign = 'left';
  g.textBaseline = 'middle';
  g.fillText(text, x, y);
  g.restore();
}
