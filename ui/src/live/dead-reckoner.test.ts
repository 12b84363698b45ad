import { expect, test } from 'vitest';

import { CarState, type Frame } from './model';
import { ABSENT } from './positions';
import { DeadReckoner } from './dead-reckoner';

const S = 1_000_000;
const LAP_S = 90;
const RUNNING = CarState.Running;

/** A frame of some cars, each with its fraction of the lap. */
function frameOf(timeS: number, cars: Readonly<Record<number, number>>, state = RUNNING): Frame {
  const numbers = Object.keys(cars).map(Number);
  return {
    type: 'frame',
    tick: 0,
    timeUs: timeS * S,
    first: 0,
    cars: Uint32Array.from(numbers),
    lapFraction: Uint16Array.from(
      numbers,
      (car) => Math.round((((cars[car] ?? 0) % 1) + 1) * 65_536) % 65_536,
    ),
    state: new Uint8Array(numbers.length).fill(state),
  };
}

function sampled(s: DeadReckoner, timeS: number): { at: number[]; states: number[] } {
  const [fractions, states] = [new Float64Array(s.cars), new Uint8Array(s.cars)];
  s.sample(timeS * S, fractions, states);
  return { at: [...fractions], states: [...states] };
}

test('a partial frame updates its own cars, and a car that was never seen is not drawn', () => {
  const s = new DeadReckoner(5);
  expect(s.empty).toBe(true);
  s.push({ ...frameOf(1, { 0: 0.1, 1: 0.2 }), first: 2, cars: null });
  s.push(frameOf(1, { 4: 0.9 }));
  expect(s.empty).toBe(false);
  const { at, states } = sampled(s, 1);
  expect(states).toEqual([ABSENT, ABSENT, RUNNING, RUNNING, RUNNING]);
  expect(at[2]).toBeCloseTo(0.1, 4);
  expect(at[3]).toBeCloseTo(0.2, 4);
  expect(at[4]).toBeCloseTo(0.9, 4);
  s.push(frameOf(5, { 3: 0.3, 99: 0.5 })); // no such car
  expect(sampled(s, 5).at[2]).toBeCloseTo(0.1, 4);
});

test('between frames a car moves forwards without jumps, also across the line', () => {
  const s = new DeadReckoner(2);
  const truth = (t: number): number => t / LAP_S + 0.01 * Math.sin(t / 3);
  let last = 0;
  for (let t = 0; t <= 3 * LAP_S; t += 0.1) {
    const tenths = Math.round(10 * t);
    if (tenths % 2 === 0) s.push(frameOf(t, { 1: t / LAP_S })); // a watched car
    if (tenths % 40 === 0) s.push(frameOf(t, { 0: truth(t) }));
    const [at = 0, watched = 0] = sampled(s, t - 0.2).at;
    if (t > 12) {
      const step = (at - last + 1) % 1;
      expect(step).toBeLessThan(0.01);
      const error = at - truth(t);
      expect(Math.abs(error - Math.round(error))).toBeLessThan(0.05);
      const watchedError = watched - (t - 0.2) / LAP_S;
      expect(Math.abs(watchedError - Math.round(watchedError))).toBeLessThan(0.002);
    }
    last = at;
  }
});

test('a car that was seen once drives at the pace of the others', () => {
  const s = new DeadReckoner(2);
  for (let t = 0; t < 2; t += 0.2) s.push(frameOf(t, { 0: t / LAP_S }));
  s.push(frameOf(2, { 1: 0.5 }));
  expect(sampled(s, 5).at[1]).toBeCloseTo(0.5 + 3 / LAP_S, 3);
});

test('in a fast race a car may drive whole laps between two frames', () => {
  const s = new DeadReckoner(2);
  for (let t = 0; t <= 720; t += 12) {
    s.push(frameOf(t, { 0: t / LAP_S }));
    if (t > 0 && t % 240 === 0) s.push(frameOf(t, { 1: t / LAP_S }));
  }
  const [before = 0, after = 0] = [sampled(s, 720).at[1], sampled(s, 723).at[1]];
  expect((after - before + 1) % 1).toBeCloseTo(3 / LAP_S, 2);
});

test('a stationary car stays where it was seen, and a retired one disappears after half a minute', () => {
  const s = new DeadReckoner(3);
  s.push(frameOf(0, { 0: 0.1, 1: 0.1 }));
  s.push(frameOf(4, { 0: 0.14, 1: 0.14 }));
  s.push(frameOf(8, { 0: 0.15, 2: 0.7 }, CarState.Retired));
  expect(sampled(s, 8).at[0]).toBeCloseTo(0.15, 4);
  expect(sampled(s, 20).at[0]).toBeCloseTo(0.15, 4);
  // How long car 2 has been out is unknown.
  expect(sampled(s, 37).states).toEqual([CarState.Retired, RUNNING, ABSENT]);
  expect(sampled(s, 39).states).toEqual([ABSENT, RUNNING, ABSENT]);
});

test('when the race jumps back in time all positions are dropped', () => {
  const s = new DeadReckoner(2);
  s.push(frameOf(100, { 0: 0.1, 1: 0.1 }));
  s.push(frameOf(3, { 1: 0.4 }));
  expect(sampled(s, 3).states).toEqual([ABSENT, RUNNING]);
});
