import { expect, test } from 'vitest';

import type { Entry } from '../live';
import { carTextByNumber, findCar, matchingCars } from './cars';

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

test('a car is found by its number, its code, or both', () => {
  for (const text of ['44', 'ham', ' 44 HAM ']) expect(findCar(field, text)?.number).toBe(44);
  expect(findCar(field, '4')?.code).toBe('NOR');
  expect(findCar(field, '7')?.number).toBe(7);
});

test('a text that matches no car, or two, finds none', () => {
  for (const text of ['', '45', 'lewis', 'twn']) expect(findCar(field, text)).toBeNull();
});

test('the car with exactly the typed number comes first', () => {
  expect(matchingCars(field, '4', 5).map((e) => e.number)).toEqual([4, 44]);
  expect(matchingCars(field, 'lewis', 5).map((e) => e.number)).toEqual([44]);
  expect(matchingCars(field, '', 2)).toHaveLength(2);
});

test('a car without an entry keeps its number', () => {
  expect([carTextByNumber(field, 44), carTextByNumber(field, 7), carTextByNumber(field, 99)]).toEqual([
    '44 HAM',
    '7',
    '99',
  ]);
});
