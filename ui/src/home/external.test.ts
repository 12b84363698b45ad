import { expect, test } from 'vitest';

import { formErrors, orderOf, readEntries, type Typed } from './external';

const typed: Typed = {
  name: ' Club race ',
  rules: 'kart',
  laps: 12,
  minutes: null,
  behind: false,
  window: 5,
  place: 'finish',
  entries: '7, ANN, Ann Archer, Club, T7 T8\n\n9\tBOB',
  grid: false,
};

test('a race is ordered with what its first crossing is, and how long the flag can be taken', () => {
  expect(orderOf(typed)).toEqual({
    kind: 'external',
    name: 'Club race',
    rules: { name: 'kart', laps: 12, first_crossing: 'ends_lap', finish_window_us: 300_000_000 },
    entries: [
      {
        driver_number: 7,
        name_acronym: 'ANN',
        full_name: 'Ann Archer',
        team_name: 'Club',
        transponders: ['T7', 'T8'],
      },
      { driver_number: 9, name_acronym: 'BOB' },
    ],
  });
  expect(orderOf({ ...typed, behind: true, window: null }).rules).toMatchObject({
    first_crossing: 'starts_lap',
    finish_window_us: 0,
  });
});

test('a race by time has a time, and lines or a circuit where they are chosen', () => {
  const timed = orderOf({ ...typed, rules: 'endurance', laps: null, minutes: 90.5, place: 'sectors' });
  expect(timed.rules).toMatchObject({ name: 'endurance', laps: 0, window_limit_us: 5_430_000_000 });
  expect(timed.lines?.map((l) => l.kind)).toEqual(['finish', 'sector', 'sector']);
  expect(orderOf({ ...typed, place: 'meridian' })).toMatchObject({ circuit: 'meridian' });
});

test('the grid is the order of the lines where that is said', () => {
  expect(readEntries('9\n7', true).entries.map((e) => e.grid_position)).toEqual([1, 2]);
  expect(readEntries('9\n7', false).entries.map((e) => e.grid_position)).toEqual([undefined, undefined]);
});

test('what is wrong is said by its line, and what is good beside it stays', () => {
  const { entries, errors } = readEntries('7, ANN\nBOB, 9\n7; CYD\n9; סאם; סאם יוסף', false);
  expect(entries.map((e) => e.name_acronym)).toEqual(['ANN', 'סאם']);
  expect(errors).toEqual([
    "Line 2: begins with the car's number, as in 7, ANN",
    'Line 3: 7 is the number of line 1',
  ]);
  expect(formErrors({ ...typed, name: ' ', laps: null, entries: '' })).toEqual([
    'What is the race called?',
    'How many laps, or how many minutes?',
    'Which cars? One a line',
  ]);
  expect(formErrors(typed)).toEqual([]);
});
