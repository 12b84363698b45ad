import { expect, test } from 'vitest';

import { CarState, type Frame } from './model';
import { ABSENT } from './positions';
import { Sightings } from './sightings';

const S = 1_000_000;
const LAP_S = 90;
const RUNNING = CarState.Running;

/** Cars at a time, by number: a part of the lap and a state. */
function seen(timeS: number, cars: Readonly<Record<number, number>>, state = RUNNING): Frame {
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

function drawn(s: Sightings, timeS: number): { at: number[]; states: number[] } {
  const [fractions, states] = [new Float64Array(s.cars), new Uint8Array(s.cars)];
  s.sample(timeS * S, fractions, states);
  return { at: [...fractions], states: [...states] };
}

test('a part of a frame updates its cars alone, and a car that was never seen is not drawn', () => {
  const s = new Sightings(5);
  expect(s.empty).toBe(true);
  s.push({ ...seen(1, { 0: 0.1, 1: 0.2 }), first: 2, cars: null });
  s.push(seen(1, { 4: 0.9 }));
  expect(s.empty).toBe(false);
  const { at, states } = drawn(s, 1);
  expect(states).toEqual([ABSENT, ABSENT, RUNNING, RUNNING, RUNNING]);
  expect(at[2]).toBeCloseTo(0.1, 4);
  expect(at[3]).toBeCloseTo(0.2, 4);
  expect(at[4]).toBeCloseTo(0.9, 4);
  s.push(seen(5, { 3: 0.3, 99: 0.5 })); // no such car
  expect(drawn(s, 5).at[2]).toBeCloseTo(0.1, 4);
});

test('between sightings a car is driven on, never backwards and never in jumps, over the line too', () => {
  const s = new Sightings(2);
  const truth = (t: number): number => t / LAP_S + 0.01 * Math.sin(t / 3);
  let last = 0;
  for (let t = 0; t <= 3 * LAP_S; t += 0.1) {
    const tenths = Math.round(10 * t);
    if (tenths % 2 === 0) s.push(seen(t, { 1: t / LAP_S })); // looked at
    if (tenths % 40 === 0) s.push(seen(t, { 0: truth(t) }));
    const [at = 0, looked = 0] = drawn(s, t - 0.2).at;
    if (t > 12) {
      const step = (at - last + 1) % 1;
      expect(step).toBeLessThan(0.01);
      const off = at - truth(t);
      expect(Math.abs(off - Math.round(off))).toBeLessThan(0.05);
      const offLooked = looked - (t - 0.2) / LAP_S;
      expect(Math.abs(offLooked - Math.round(offLooked))).toBeLessThan(0.002);
    }
    last = at;
  }
});

test('a car that was seen once drives as fast as those that are looked at', () => {
  const s = new Sightings(2);
  for (let t = 0; t < 2; t += 0.2) s.push(seen(t, { 0: t / LAP_S }));
  s.push(seen(2, { 1: 0.5 }));
  expect(drawn(s, 5).at[1]).toBeCloseTo(0.5 + 3 / LAP_S, 3);
});

test('in a fast race whole laps between two sightings are driven', () => {
  const s = new Sightings(2);
  for (let t = 0; t <= 720; t += 12) {
    s.push(seen(t, { 0: t / LAP_S }));
    if (t > 0 && t % 240 === 0) s.push(seen(t, { 1: t / LAP_S }));
  }
  const [before = 0, after = 0] = [drawn(s, 720).at[1], drawn(s, 723).at[1]];
  expect((after - before + 1) % 1).toBeCloseTo(3 / LAP_S, 2);
});

test('a car that stands is where it was seen, and one that is out goes after half a minute', () => {
  const s = new Sightings(3);
  s.push(seen(0, { 0: 0.1, 1: 0.1 }));
  s.push(seen(4, { 0: 0.14, 1: 0.14 }));
  s.push(seen(8, { 0: 0.15, 2: 0.7 }, CarState.Retired));
  expect(drawn(s, 8).at[0]).toBeCloseTo(0.15, 4);
  expect(drawn(s, 20).at[0]).toBeCloseTo(0.15, 4);
  // Nobody knows how long the last one has been out.
  expect(drawn(s, 37).states).toEqual([CarState.Retired, RUNNING, ABSENT]);
  expect(drawn(s, 39).states).toEqual([ABSENT, RUNNING, ABSENT]);
});

test('where the race goes on elsewhere all is forgotten', () => {
  const s = new Sightings(2);
  s.push(seen(100, { 0: 0.1, 1: 0.1 }));
  s.push(seen(3, { 1: 0.4 }));
  expect(drawn(s, 3).states).toEqual([ABSENT, RUNNING]);
});
