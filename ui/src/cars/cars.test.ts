import { expect, test } from 'vitest';

import type { Entry } from '../live';
import { carName, carOf, matching } from './cars';

const entry = (number: number, code: string, name: string): Entry => ({
  number,
  code,
  name,
  team: 'Team',
  colour: '#000',
  grid: number,
});
const field = [
  entry(4, 'NOR', 'Lando Norris'),
  entry(44, 'HAM', 'Lewis Hamilton'),
  entry(7, '7', ''),
  entry(8, 'TWN', 'A'),
  entry(9, 'TWN', 'B'),
];

test('a car is meant by its number, its code, or both', () => {
  for (const text of ['44', 'ham', ' 44 HAM ']) expect(carOf(field, text)?.number).toBe(44);
  expect(carOf(field, '4')?.code).toBe('NOR');
  expect(carOf(field, '7')?.number).toBe(7);
});

test('what means no car, or two, is no car', () => {
  for (const text of ['', '45', 'lewis', 'twn']) expect(carOf(field, text)).toBeNull();
});

test('the car whose number was typed comes first', () => {
  expect(matching(field, '4', 5).map((e) => e.number)).toEqual([4, 44]);
  expect(matching(field, 'lewis', 5).map((e) => e.number)).toEqual([44]);
  expect(matching(field, '', 2)).toHaveLength(2);
});

test('a car without an entry keeps its number', () => {
  expect([carName(field, 44), carName(field, 7), carName(field, 99)]).toEqual(['44 HAM', '7', '99']);
});
