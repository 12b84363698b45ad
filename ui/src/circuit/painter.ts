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
import { along, alongLine, fit, inLane, ring, sectorSpan, stretch, track, type Track } from './geometry';
import { drawRings, RING } from './rings';

/** Above this many cars they are drawn in one path for each colour. */
const BATCH_FROM = 60;
/** How large a car is drawn, from its middle: in a small field, in one drawn in batches, and in a large one. */
const SIZES = { few: 4.5, many: 2.5, crowd: 2 } as const;
const LABELS_MAX = 20;
/** A car that stopped is shown for so long, in race time. */
const STOPPED_MS = 30_000;

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
  /** Rings cars that came back. */
  readonly back: string;
}

/** Draws a circuit and its cars on a canvas. The circuit is drawn once for each size, the cars for each picture. */
export class Painter {
  readonly #circuit: Circuit | null;
  readonly #still = document.createElement('canvas');
  #track: Track;
  #lane: Track | null = null;
  #fractions = new Float64Array(0);
  #states = new Uint8Array(0);
  #width = 0;
  #height = 0;
  #stillKey = '';
  #cleared = new Set<number>();
  #clearedFor: BoardView | null = null;
  /** Where the cars were drawn last; NaN: not. */
  #xs = new Float64Array(0);
  #ys = new Float64Array(0);
  /** The squares of a crowded map that a car is drawn in. */
  #taken = new Uint8Array(0);
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
    this.#taken = new Uint8Array(Math.ceil(width / SIZES.crowd) * Math.ceil(height / SIZES.crowd));
    this.#stillKey = '';
  }

  draw(
    g: CanvasRenderingContext2D,
    ratio: number,
    live: LiveRace,
    board: BoardView,
    marked: readonly number[],
    colours: Colours,
    nowMs: number,
  ): void {
    if (this.#width === 0 || this.#height === 0) return; // hidden, as the other tabs of a phone are
    this.#drawStill(ratio, board, colours);
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.clearRect(0, 0, g.canvas.width, g.canvas.height);
    g.drawImage(this.#still, 0, 0);
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
    this.#placeCars(board);
    this.#drawCars(g, board, colours, live.positionsStale(nowMs));
    this.#drawLabels(g, board, marked, colours);
    const many = board.entries.length > BATCH_FROM;
    drawRings(g, (car) => this.#at(car), live.ops.restarted, colours.back, many ? RING.many : RING.few);
  }

  #drawStill(ratio: number, board: BoardView, colours: Colours): void {
    const flagged = yellowSectors(board.events, board.session.flag);
    const key = `${this.#width}x${this.#height}@${ratio} ${board.session.flag} ${flagged} ${colours.line}`;
    if (key === this.#stillKey) return;
    this.#stillKey = key;
    this.#still.width = this.#width * ratio;
    this.#still.height = this.#height * ratio;
    const g = this.#still.getContext('2d');
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
    const whole = flag !== null && flagged.length === 0;
    g.setLineDash(whole ? flag.dash : []);
    g.strokeStyle = whole ? flag.colour : colours.muted;
    g.lineWidth = whole ? 6 : 3;
    g.stroke();
    if (flag) for (const sector of flagged) this.#drawSector(g, board, sector, flag, colours);
    g.setLineDash([]);
    this.#drawLane(g, colours);
    for (const line of board.race.lines) {
      if (line.kind === LineKind.Finish) this.#tick(g, 0, 12, 4, colours.text);
      if (line.kind === LineKind.Sector) this.#tick(g, line.permyriad / 10_000, 8, 2, colours.text);
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
    const points = stretch(this.#track, ...sectorSpan(board.race.lines, sector));
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

  #tick(g: CanvasRenderingContext2D, part: number, half: number, width: number, colour: string): void {
    const [x, y] = along(this.#track, part);
    const [x2, y2] = along(this.#track, part + 0.002);
    const length = Math.hypot(x2 - x, y2 - y) || 1;
    const [nx, ny] = [(-(y2 - y) / length) * half, ((x2 - x) / length) * half];
    g.beginPath();
    g.moveTo(x - nx, y - ny);
    g.lineTo(x + nx, y + ny);
    g.strokeStyle = colour;
    g.lineWidth = width;
    g.stroke();
  }

  /** The car that was drawn nearest to a place, within reach; null: none. */
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

  /** Works out where each car is: of thousands, many times a second, so that nothing is made for each. */
  #placeCars(board: BoardView): void {
    if (board !== this.#clearedFor) {
      this.#clearedFor = board;
      this.#cleared = clearedCars(board.events, board.session.timeMs, STOPPED_MS);
    }
    for (const car of this.#cleared) this.#states[car] = ABSENT;
    const { pit_entry_permyriad: entry = 0, pit_exit_permyriad: exit = 0 } = this.#circuit ?? {};
    for (let car = 0; car < this.#xs.length; car++) {
      const state = this.#states[car] ?? ABSENT;
      const part = this.#fractions[car] ?? 0;
      if (state === ABSENT || state === CarState.Finished || state >= CarState.DidNotStart) {
        this.#xs[car] = NaN;
      } else if (state === CarState.Pit && this.#lane) {
        const [x, y] = alongLine(this.#lane, inLane(part, entry / 10_000, exit / 10_000));
        this.#xs[car] = x;
        this.#ys[car] = y;
      } else {
        const { xs, ys } = this.#track;
        const i = Math.floor(part * xs.length) % xs.length;
        const j = (i + 1) % xs.length;
        const on = (part * xs.length) % 1;
        this.#xs[car] = (xs[i] ?? 0) * (1 - on) + (xs[j] ?? 0) * on;
        this.#ys[car] = (ys[i] ?? 0) * (1 - on) + (ys[j] ?? 0) * on;
      }
    }
  }

  /** The cars in the order in which they are drawn: one by one, the leader last, or those of a colour together. */
  #batches(board: BoardView): readonly Batch[] {
    const colourOf = (car: number): string => board.entries[car]?.colour ?? '';
    if (board.entries.length <= BATCH_FROM) {
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

  /** Whether a car is drawn already where another one would hide it. */
  #covered(x: number, y: number, size: number): boolean {
    const at = Math.floor(y / size) * Math.ceil(this.#width / size) + Math.floor(x / size);
    if (this.#taken[at] === 1) return true;
    this.#taken[at] = 1;
    return false;
  }

  #drawCars(g: CanvasRenderingContext2D, board: BoardView, colours: Colours, hollow: boolean): void {
    const cars = board.entries.length;
    const crowd = cars >= LARGE_FIELD_FROM;
    const size = crowd ? SIZES.crowd : cars > BATCH_FROM ? SIZES.many : SIZES.few;
    g.lineWidth = 1;
    this.#taken.fill(0);
    for (const batch of this.#batches(board)) {
      g.beginPath();
      for (const car of batch.cars) {
        const x = this.#xs[car] ?? NaN;
        const y = this.#ys[car] ?? NaN;
        if (Number.isNaN(x) || (crowd && this.#covered(x, y, size))) continue;
        shape(g, x, y, size, this.#states[car] ?? 0);
      }
      g.fillStyle = g.strokeStyle = batch.colour;
      if (!hollow) g.fill();
      if (!hollow) g.strokeStyle = colours.rim;
      if (hollow || cars <= BATCH_FROM) g.stroke();
    }
  }

  /** The leader and the marked cars by name; in a small field as many as do not overlap. */
  #drawLabels(
    g: CanvasRenderingContext2D,
    board: BoardView,
    marked: readonly number[],
    colours: Colours,
  ): void {
    const many = board.entries.length > BATCH_FROM;
    const leader = board.order[0];
    const wanted = [...marked, ...(leader === undefined ? [] : [leader]), ...(many ? [] : board.order)];
    const taken: (readonly [number, number])[] = [];
    g.font = '600 12px "Roboto Condensed Variable", sans-serif';
    for (const car of new Set(wanted)) {
      const place = this.#at(car);
      if (place === null || taken.length >= LABELS_MAX) continue;
      const text = board.entries[car]?.code ?? '';
      const [x, y] = this.#beside(place, g.measureText(text).width);
      if (taken.some(([tx, ty]) => Math.abs(tx - x) < 28 && Math.abs(ty - y) < 13)) continue;
      taken.push([x, y]);
      if (marked.includes(car)) {
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

  /** Where a label stands: right above its car, and inside the picture. */
  #beside([x, y]: readonly [number, number], width: number): readonly [number, number] {
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
    p.rect(x - r, y - r, 2 * r, 2 * r); // a square is drawn faster
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
