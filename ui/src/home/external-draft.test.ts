import { expect, test } from 'vitest';

import { draftErrors, toOrder, parseEntries, type ExternalDraft } from './external-draft';

const draft: ExternalDraft = {
  name: ' Club race ',
  rules: 'kart',
  laps: 12,
  minutes: null,
  firstCrossingStartsLap: false,
  finishMinutes: 5,
  timing: 'finish',
  entries: '7, ANN, Ann Archer, Club, T7 T8\n\n9\tBOB',
  grid: false,
};

test('an order says what the first crossing is and how long the chequered flag can be taken', () => {
  expect(toOrder(draft)).toEqual({
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
  expect(toOrder({ ...draft, firstCrossingStartsLap: true, finishMinutes: null }).rules).toMatchObject({
    first_crossing: 'starts_lap',
    finish_window_us: 0,
  });
});

test('a race by time has a time limit, and lines or a circuit where chosen', () => {
  const timed = toOrder({ ...draft, rules: 'endurance', laps: null, minutes: 90.5, timing: 'sectors' });
  expect(timed.rules).toMatchObject({ name: 'endurance', laps: 0, window_limit_us: 5_430_000_000 });
  expect(timed.lines?.map((l) => l.kind)).toEqual(['finish', 'sector', 'sector']);
  expect(toOrder({ ...draft, timing: 'meridian' })).toMatchObject({ circuit: 'meridian' });
});

test('the grid follows the order of the lines if chosen', () => {
  expect(parseEntries('9\n7', true).entries.map((e) => e.grid_position)).toEqual([1, 2]);
  expect(parseEntries('9\n7', false).entries.map((e) => e.grid_position)).toEqual([undefined, undefined]);
});

test('errors name their line, and valid lines beside them are kept', () => {
  const { entries, errors } = parseEntries('7, ANN\nBOB, 9\n7; CYD\n9; סאם; סאם יוסף', false);
  expect(entries.map((e) => e.name_acronym)).toEqual(['ANN', 'סאם']);
  expect(errors).toEqual([
    "Line 2: must start with the car's number, for example 7, ANN",
    'Line 3: number 7 is already used in line 1',
  ]);
  expect(draftErrors({ ...draft, name: ' ', laps: null, entries: '' })).toEqual([
    'Enter a name for the race',
    'Enter laps, minutes, or both',
    'Enter the cars, one per line',
  ]);
  expect(draftErrors(draft)).toEqual([]);
});
