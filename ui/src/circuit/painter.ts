import type { Circuit } from '../api';
import {
  ABSENT,
  CarState,
  clearedCars,
  Flag,
  LARGE_FIELD_FROM,
  LineKind,
  yellowSectors,
  type BoardView,
  type Entry,
  type LiveRace,
} from '../live';
import {
  pointOnLap,
  pointOnLine,
  fit,
  pitLaneFraction,
  ring,
  sectorSpan,
  lapSection,
  track,
  type Track,
} from './geometry';
import { drawRings, RING_RADIUS } from './rings';

/** Above this many cars, all cars of a colour are drawn as one path. */
const BATCH_CARS = 60;
/** The radius of a car in px: in a small field, in one drawn in batches, and in a large one. */
const SIZES = { few: 4.5, many: 2.5, crowd: 2 } as const;
const LABELS_MAX = 20;
/** How long a retired car stays on the map, in race time. */
const STOPPED_SHOWN_MS = 30_000;

/** Cars of one colour. */
interface Batch {
  readonly colour: string;
  readonly cars: readonly number[];
}

export interface Colours {
  readonly line: string;
  readonly text: string;
  readonly muted: string;
  readonly rim: string;
  /** Rings restarted cars. */
  readonly restart: string;
}

/** Draws a circuit and its cars on a canvas. The circuit is drawn once per size and flag, the cars in every picture. */
export class Painter {
  readonly #circuit: Circuit | null;
  readonly #backdrop = document.createElement('canvas');
  #track: Track;
  #lane: Track | null = null;
  #fractions = new Float64Array(0);
  #states = new Uint8Array(0);
  #width = 0;
  #height = 0;
  #backdropKey = '';
  #cleared = new Set<number>();
  #clearedFor: BoardView | null = null;
  /** Where the cars were drawn last; NaN: not drawn. */
  #xs = new Float64Array(0);
  #ys = new Float64Array(0);
  /** The grid squares of a crowded map that already have a car. */
  #occupied = new Uint8Array(0);
  #teams: readonly Batch[] = [];
  #teamsOf: readonly Entry[] | null = null;

  constructor(circuit: Circuit | null) {
    this.#circuit = circuit;
    this.#track = track([], ([x, y]) => [x, y]);
  }

  resize(width: number, height: number): void {
    const points = this.#circuit?.outline ?? ring(240);
    const place = fit(points, width, height, 28);
    this.#track = track(points, place);
    this.#lane =
      this.#circuit && this.#circuit.pit_lane.length > 1 ? track(this.#circuit.pit_lane, place) : null;
    [this.#width, this.#height] = [width, height];
    this.#occupied = new Uint8Array(Math.ceil(width / SIZES.crowd) * Math.ceil(height / SIZES.crowd));
    this.#backdropKey = '';
  }

  draw(
    g: CanvasRenderingContext2D,
    ratio: number,
    live: LiveRace,
    board: BoardView,
    highlighted: readonly number[],
    colours: Colours,
    nowMs: number,
  ): void {
    if (this.#width === 0 || this.#height === 0) return; // hidden, as on a phone while another tab is shown
    this.#drawBackdrop(ratio, board, colours);
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.clearRect(0, 0, g.canvas.width, g.canvas.height);
    g.drawImage(this.#backdrop, 0, 0);
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    const positions = live.positions;
    if (positions === null) return;
    if (this.#fractions.length !== positions.cars) {
      this.#fractions = new Float64Array(positions.cars);
      this.#states = new Uint8Array(positions.cars);
      this.#xs = new Float64Array(positions.cars);
      this.#ys = new Float64Array(positions.cars);
    }
    positions.sample(live.mapTimeUs(nowMs), this.#fractions, this.#states);
    this.#updatePositions(board);
    this.#drawCars(g, board, colours, live.positionsStale(nowMs));
    this.#drawLabels(g, board, highlighted, colours);
    const many = board.entries.length > BATCH_CARS;
    drawRings(
      g,
      (car) => this.#at(car),
      live.ops.restarted,
      colours.restart,
      many ? RING_RADIUS.many : RING_RADIUS.few,
    );
  }

  #drawBackdrop(ratio: number, board: BoardView, colours: Colours): void {
    const yellow = yellowSectors(board.events, board.session.flag);
    const key = `${this.#width}x${this.#height}@${ratio} ${board.session.flag} ${yellow} ${colours.line}`;
    if (key === this.#backdropKey) return;
    this.#backdropKey = key;
    this.#backdrop.width = this.#width * ratio;
    this.#backdrop.height = this.#height * ratio;
    const g = this.#backdrop.getContext('2d');
    if (g === null) return;
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.lineJoin = 'round';
    g.beginPath();
    this.#track.xs.forEach((x, i) => g.lineTo(x, this.#track.ys[i] ?? 0));
    g.closePath();
    g.strokeStyle = colours.line;
    g.lineWidth = 14;
    g.stroke();
    const flag = flagStroke(board.session.flag);
    const whole = flag !== null && yellow.length === 0;
    g.setLineDash(whole ? flag.dash : []);
    g.strokeStyle = whole ? flag.colour : colours.muted;
    g.lineWidth = whole ? 6 : 3;
    g.stroke();
    if (flag) for (const sector of yellow) this.#drawSector(g, board, sector, flag, colours);
    g.setLineDash([]);
    this.#drawLane(g, colours);
    for (const line of board.race.lines) {
      if (line.kind === LineKind.Finish) this.#drawTimingLine(g, 0, 12, 4, colours.text);
      if (line.kind === LineKind.Sector) this.#drawTimingLine(g, line.permyriad / 10_000, 8, 2, colours.text);
    }
    if (whole) {
      g.font = '700 15px "Inter Variable", sans-serif';
      g.fillStyle = colours.text;
      g.fillText(flag.label, 12, 24);
    }
  }

  #drawSector(
    g: CanvasRenderingContext2D,
    board: BoardView,
    sector: number,
    flag: FlagStroke,
    colours: Colours,
  ): void {
    const points = lapSection(this.#track, ...sectorSpan(board.race.lines, sector));
    g.beginPath();
    for (const [x, y] of points) g.lineTo(x, y);
    g.setLineDash(flag.dash);
    g.strokeStyle = flag.colour;
    g.lineWidth = 6;
    g.stroke();
    const [x, y] = points[Math.floor(points.length / 2)] ?? [0, 0];
    const inwards = y > this.#height / 2 ? -16 : 26;
    g.font = '700 15px "Inter Variable", sans-serif';
    g.fillStyle = colours.text;
    g.fillText(`Y${sector}`, Math.min(Math.max(x - 10, 4), this.#width - 28), y + inwards);
  }

  #drawLane(g: CanvasRenderingContext2D, colours: Colours): void {
    const lane = this.#lane;
    if (lane === null) return;
    g.beginPath();
    lane.xs.forEach((x, i) => g.lineTo(x, lane.ys[i] ?? 0));
    g.strokeStyle = colours.muted;
    g.lineWidth = 1.5;
    g.stroke();
  }

  #drawTimingLine(
    g: CanvasRenderingContext2D,
    fraction: number,
    half: number,
    width: number,
    colour: string,
  ): void {
    const [x, y] = pointOnLap(this.#track, fraction);
    const [x2, y2] = pointOnLap(this.#track, fraction + 0.002);
    const length = Math.hypot(x2 - x, y2 - y) || 1;
    const [nx, ny] = [(-(y2 - y) / length) * half, ((x2 - x) / length) * half];
    g.beginPath();
    g.moveTo(x - nx, y - ny);
    g.lineTo(x + nx, y + ny);
    g.strokeStyle = colour;
    g.lineWidth = width;
    g.stroke();
  }

  /** The car drawn nearest to a point, within reach; null for none. */
  nearest(x: number, y: number, reach: number): number | null {
    let found: number | null = null;
    for (let car = 0; car < this.#xs.length; car++) {
      const d = Math.hypot((this.#xs[car] ?? NaN) - x, (this.#ys[car] ?? NaN) - y);
      if (d < reach) [reach, found] = [d, car];
    }
    return found;
  }

  #at(car: number): readonly [number, number] | null {
    const [x, y] = [this.#xs[car] ?? NaN, this.#ys[car] ?? NaN];
    return Number.isNaN(x) ? null : [x, y];
  }

  /** Updates all positions. It allocates nothing per car, since it runs many times a second for thousands of cars. */
  #updatePositions(board: BoardView): void {
    if (board !== this.#clearedFor) {
      this.#clearedFor = board;
      this.#cleared = clearedCars(board.events, board.session.timeMs, STOPPED_SHOWN_MS);
    }
    for (const car of this.#cleared) this.#states[car] = ABSENT;
    const { pit_entry_permyriad: entry = 0, pit_exit_permyriad: exit = 0 } = this.#circuit ?? {};
    for (let car = 0; car < this.#xs.length; car++) {
      const state = this.#states[car] ?? ABSENT;
      const fraction = this.#fractions[car] ?? 0;
      if (state === ABSENT || state === CarState.Finished || state >= CarState.DidNotStart) {
        this.#xs[car] = NaN;
      } else if (state === CarState.Pit && this.#lane) {
        const [x, y] = pointOnLine(this.#lane, pitLaneFraction(fraction, entry / 10_000, exit / 10_000));
        this.#xs[car] = x;
        this.#ys[car] = y;
      } else {
        const { xs, ys } = this.#track;
        const i = Math.floor(fraction * xs.length) % xs.length;
        const j = (i + 1) % xs.length;
        const between = (fraction * xs.length) % 1;
        this.#xs[car] = (xs[i] ?? 0) * (1 - between) + (xs[j] ?? 0) * between;
        this.#ys[car] = (ys[i] ?? 0) * (1 - between) + (ys[j] ?? 0) * between;
      }
    }
  }

  /** The cars in drawing order: one by one with the leader last, or grouped by colour. */
  #batches(board: BoardView): readonly Batch[] {
    const colourOf = (car: number): string => board.entries[car]?.colour ?? '';
    if (board.entries.length <= BATCH_CARS) {
      return board.order.toReversed().map((car) => ({ colour: colourOf(car), cars: [car] }));
    }
    if (this.#teamsOf !== board.entries) {
      const teams = new Map<string, number[]>();
      board.entries.forEach(({ colour }, car) => {
        const cars = teams.get(colour);
        if (cars) cars.push(car);
        else teams.set(colour, [car]);
      });
      this.#teams = Array.from(teams, ([colour, cars]) => ({ colour, cars }));
      this.#teamsOf = board.entries;
    }
    return this.#teams;
  }

  /** Whether another car already covers this place. */
  #isCovered(x: number, y: number, size: number): boolean {
    const at = Math.floor(y / size) * Math.ceil(this.#width / size) + Math.floor(x / size);
    if (this.#occupied[at] === 1) return true;
    this.#occupied[at] = 1;
    return false;
  }

  #drawCars(g: CanvasRenderingContext2D, board: BoardView, colours: Colours, hollow: boolean): void {
    const cars = board.entries.length;
    const crowd = cars >= LARGE_FIELD_FROM;
    const size = crowd ? SIZES.crowd : cars > BATCH_CARS ? SIZES.many : SIZES.few;
    g.lineWidth = 1;
    this.#occupied.fill(0);
    for (const batch of this.#batches(board)) {
      g.beginPath();
      for (const car of batch.cars) {
        const x = this.#xs[car] ?? NaN;
        const y = this.#ys[car] ?? NaN;
        if (Number.isNaN(x) || (crowd && this.#isCovered(x, y, size))) continue;
        shape(g, x, y, size, this.#states[car] ?? 0);
      }
      g.fillStyle = g.strokeStyle = batch.colour;
      if (!hollow) g.fill();
      if (!hollow) g.strokeStyle = colours.rim;
      if (hollow || cars <= BATCH_CARS) g.stroke();
    }
  }

  /** Labels the leader and the highlighted cars; in a small field also every car whose label does not overlap. */
  #drawLabels(
    g: CanvasRenderingContext2D,
    board: BoardView,
    highlighted: readonly number[],
    colours: Colours,
  ): void {
    const many = board.entries.length > BATCH_CARS;
    const leader = board.order[0];
    const candidates = [
      ...highlighted,
      ...(leader === undefined ? [] : [leader]),
      ...(many ? [] : board.order),
    ];
    const placed: (readonly [number, number])[] = [];
    g.font = '600 12px "Roboto Condensed Variable", sans-serif';
    for (const car of new Set(candidates)) {
      const place = this.#at(car);
      if (place === null || placed.length >= LABELS_MAX) continue;
      const text = board.entries[car]?.code ?? '';
      const [x, y] = this.#labelPosition(place, g.measureText(text).width);
      if (placed.some(([tx, ty]) => Math.abs(tx - x) < 28 && Math.abs(ty - y) < 13)) continue;
      placed.push([x, y]);
      if (highlighted.includes(car)) {
        g.beginPath();
        g.arc(place[0], place[1], 8, 0, 2 * Math.PI);
        g.strokeStyle = colours.text;
        g.lineWidth = 2;
        g.stroke();
      }
      g.fillStyle = colours.text;
      g.fillText(text, x, y);
    }
  }

  /** The position of a label: above its car to the right, and inside the canvas. */
  #labelPosition([x, y]: readonly [number, number], width: number): readonly [number, number] {
    return [x + 8 + width > this.#width ? x - 8 - width : x + 8, y < 20 ? y + 16 : y - 6];
  }
}

/** ● running (■ in a crowd), ◆ in the pit lane, ✕ stopped. */
function shape(p: CanvasPath, x: number, y: number, r: number, state: number): void {
  if (state === CarState.Pit) {
    p.moveTo(x, y - r);
    p.lineTo(x + r, y);
    p.lineTo(x, y + r);
    p.lineTo(x - r, y);
    p.closePath();
  } else if (state === CarState.Retired) {
    const w = r / 3;
    p.rect(x - r, y - w, 2 * r, 2 * w);
    p.rect(x - w, y - r, 2 * w, 2 * r);
  } else if (r === SIZES.crowd) {
    p.rect(x - r, y - r, 2 * r, 2 * r); // squares are faster to draw
  } else {
    p.moveTo(x + r, y);
    p.arc(x, y, r, 0, 2 * Math.PI);
  }
}

interface FlagStroke {
  readonly colour: string;
  readonly dash: number[];
  readonly label: string;
}

function flagStroke(flag: Flag): FlagStroke | null {
  switch (flag) {
    case Flag.Yellow:
      return { colour: '#ffd400', dash: [10, 8], label: 'Yellow flag' };
    case Flag.SafetyCar:
      return { colour: '#ff9f1a', dash: [], label: 'SC' };
    case Flag.VirtualSafetyCar:
      return { colour: '#ff9f1a', dash: [4, 6], label: 'VSC' };
    case Flag.Red:
      return { colour: '#c8102e', dash: [], label: 'RED' };
    default:
      return null;
  }
}
