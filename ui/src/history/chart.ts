import uPlot from 'uplot';

import type { Plot, PlotLine } from './plots';
import type { Theme } from './theme.svelte';

/** How a plot is drawn. */
export interface ChartStyle {
  readonly y: (value: number) => string;
  /** A shorter format for the axis. */
  readonly axis?: (value: number) => string;
  readonly x?: (value: number) => string;
  /** The tick intervals allowed on each axis. */
  readonly xSteps?: readonly number[];
  readonly ySteps?: readonly number[];
  /** Small values at the top, as for positions. */
  readonly inverted?: boolean;
  /** Draws steps: a value holds until the next one. */
  readonly stepped?: boolean;
  /** Fixed ends of the scale; a triangle marks values above it. */
  readonly range?: readonly [number, number];
  /** Labels each line at its end. */
  readonly lineLabels?: boolean;
  /** Draws a dot at each value. */
  readonly dots?: boolean;
  /** Vertical lines across the chart, with an optional name. */
  readonly ticks?: readonly { readonly at: number; readonly name: string }[];
  /** Does not join marked values with lines. */
  readonly detachMarked?: boolean;
  /** Whether the x axis has labels. */
  readonly xLabels?: boolean;
}

export const LAPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
export const METRES = [50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000, 20_000];

const FONT = '12px "Roboto Condensed Variable", "Roboto Condensed", sans-serif';
/** Padding at the right of a chart: for line labels, or for half of an axis label. */
export const LABEL_WIDTH = 44;
export const RIGHT_PADDING = 16;
const LABEL_HEIGHT = 13;
/** The least distance between ticks on an axis with given intervals, in px. */
const TICK_SPACING = 16;

export function chartOptions(
  plot: Plot,
  chartStyle: ChartStyle,
  theme: Theme,
  width: number,
  height: number,
): uPlot.Options {
  const axis = { stroke: theme.muted, font: FONT, ticks: { show: false } };
  const grid = { stroke: theme.hairline, width: 1 };
  const xLabels = chartStyle.xLabels ?? true;
  const [first, last] = [plot.x[0] ?? 0, plot.x.at(-1) ?? 1];
  return {
    width,
    height,
    padding: [8, chartStyle.lineLabels ? LABEL_WIDTH : RIGHT_PADDING, xLabels ? 0 : 8, 0],
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
        dir: chartStyle.inverted ? -1 : 1,
        ...(chartStyle.range ? { range: [chartStyle.range[0], chartStyle.range[1]] } : {}),
      },
    },
    axes: [
      {
        ...axis,
        grid: { ...grid, show: chartStyle.ticks === undefined },
        show: xLabels,
        size: 26,
        ...(chartStyle.xSteps ? { incrs: [...chartStyle.xSteps] } : {}),
        values: (_, splits) => splits.map((v) => (chartStyle.x ?? String)(v)),
      },
      {
        ...axis,
        grid,
        size: 48,
        ...(chartStyle.ySteps ? { incrs: [...chartStyle.ySteps], space: TICK_SPACING } : {}),
        values: (_, splits) => splits.map((v) => (chartStyle.axis ?? chartStyle.y)(v)),
      },
    ],
    series: [{}, ...plot.lines.map((line) => series(line, chartStyle, theme))],
    hooks: {
      drawAxes: [(u) => drawTicks(u, chartStyle, theme)],
      draw: [
        (u) => drawMarks(u, plot, theme),
        (u) => drawAboveScale(u, plot),
        (u) => {
          if (chartStyle.lineLabels) drawLabels(u, plot);
        },
      ],
    },
  };
}

function series(line: PlotLine, chartStyle: ChartStyle, theme: Theme): uPlot.Series {
  const stepped = chartStyle.stepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
  return {
    label: line.label,
    stroke: line.colour,
    width: 1.75,
    dash: [...line.dash],
    points: { show: chartStyle.dots ?? false, size: 5, fill: theme.panel, stroke: line.colour, width: 1.5 },
    ...(stepped ? { paths: stepped } : {}),
  };
}

/** The data for uPlot, without values above a fixed scale: a triangle marks them, and no line leads there and back. */
export function chartData(plot: Plot, chartStyle: ChartStyle): uPlot.AlignedData {
  const yMax = chartStyle.range?.[1] ?? Infinity;
  const joined = (line: PlotLine) =>
    line.values.map((v, i) =>
      v === null || v > yMax || (chartStyle.detachMarked && line.marks?.has(i)) ? null : v,
    );
  return [[...plot.x], ...plot.lines.map(joined)];
}

function drawTicks(u: uPlot, chartStyle: ChartStyle, theme: Theme): void {
  const g = u.ctx;
  for (const { at, name } of chartStyle.ticks ?? []) {
    const x = Math.round(u.valToPos(at, 'x', true)) + 0.5;
    g.save();
    g.strokeStyle = theme.hairline;
    g.lineWidth = devicePixelRatio;
    g.beginPath();
    g.moveTo(x, u.bbox.top);
    g.lineTo(x, u.bbox.top + u.bbox.height);
    g.stroke();
    drawText(u, name, x + 4 * devicePixelRatio, u.bbox.top + 8 * devicePixelRatio, theme.muted);
    g.restore();
  }
}

/** Draws a ring at each marked value. */
function drawMarks(u: uPlot, plot: Plot, theme: Theme): void {
  const g = u.ctx;
  g.save();
  g.setLineDash([]);
  for (const line of plot.lines) {
    for (const at of line.marks ?? []) {
      const value = line.values[at];
      if (value === null || value === undefined || aboveScale(u, value)) continue;
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

const aboveScale = (u: uPlot, value: number): boolean => value > (u.scales.y?.max ?? Infinity);

/** Draws a triangle at the top edge for each value above the scale. */
function drawAboveScale(u: uPlot, plot: Plot): void {
  const g = u.ctx;
  const r = 4 * devicePixelRatio;
  for (const line of plot.lines) {
    for (const [i, value] of line.values.entries()) {
      if (value === null || !aboveScale(u, value)) continue;
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

/** Labels the lines at their ends. Labels that would overlap are moved apart. */
function drawLabels(u: uPlot, plot: Plot): void {
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
  const step = LABEL_HEIGHT * devicePixelRatio;
  const atEnd = spreadLabels(
    names.filter((n) => n.last),
    step,
    u.bbox.top + u.bbox.height,
  );
  for (const n of [...atEnd, ...names.filter((m) => !m.last)]) drawText(u, n.text, n.x, n.y, n.colour);
}

/** Moves labels in a column apart, so that none overlaps another or leaves the chart. */
export function spreadLabels<T extends { readonly y: number }>(
  labels: readonly T[],
  step: number,
  bottom: number,
): T[] {
  const out = [...labels].sort((a, b) => a.y - b.y);
  for (let i = 1; i < out.length; i++) {
    const [above, one] = [out[i - 1] as T, out[i] as T];
    out[i] = { ...one, y: Math.max(one.y, above.y + step) };
  }
  let below = bottom + step;
  for (let i = out.length - 1; i >= 0; i--) {
    const one = out[i] as T;
    const y = Math.min(one.y, below - step);
    out[i] = { ...one, y };
    below = y;
  }
  return out;
}

function drawText(u: uPlot, text: string, x: number, y: number, colour: string): void {
  const g = u.ctx;
  g.save();
  g.font = FONT.replace('12px', `600 ${12 * devicePixelRatio}px`);
  g.fillStyle = colour;
  g.textAlign = 'left';
  g.textBaseline = 'middle';
  g.fillText(text, x, y);
  g.restore();
}
