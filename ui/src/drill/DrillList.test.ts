import { render, screen, within } from '@testing-library/svelte';
import { expect, test } from 'vitest';

import type { Drill, DrillVerdict } from '../api';
import DrillList from './DrillList.svelte';

const verdict: DrillVerdict = {
  injected: 7,
  restarts: { car: 7 },
  recovery: {},
  longest_stall_us: 1,
  longest_stall_undisturbed_us: 1,
  ticks: 0,
  ticks_late: 0,
  records: 9,
  records_lost: 0,
  records_doubled: 0,
  classification_identical: true,
  laps_identical: true,
  state_hash_of_every_lap_identical: true,
  messages_set_aside: 0,
  checks: [],
  broken: [],
};
const drill: Drill = {
  id: 1,
  name: 'storm',
  about: 'Everything at once.',
  phase: 'on',
  injected: 7,
  text: '',
  started_at: '2026-11-27T12:00:00Z',
  early: null,
  verdict: null,
  folder: false,
  order: null,
};

test('several drills are shown, the newest first, each with its verdicts and its folder', () => {
  const early = { as_of_tick: 1234, text: 'up to tick 1234: identical', verdict };
  render(DrillList, {
    raceId: 'r 1',
    drills: [
      { ...drill, phase: 'interrupted', text: 'the server ended while it was on', folder: true },
      { ...drill, id: 2, phase: 'passed', early, verdict, folder: true },
      { ...drill, id: 3, phase: 'judging', early },
    ],
  });
  const items = within(screen.getByTestId('drills')).getAllByRole('listitem');
  const [newest, passed, interrupted] = [0, 1, 2].map((i) =>
    within(items.filter((li) => li.querySelector('h4'))[i] as HTMLElement),
  );
  expect(newest?.getByText('Verdict up to tick 1,234')).toBeTruthy();
  expect(newest?.queryByRole('link')).toBeNull();
  expect(passed?.getByText('Verdict')).toBeTruthy();
  expect(passed?.getByRole('link', { name: /folder/ }).getAttribute('href')).toBe(
    '/api/v1/races/r%201/drills/2/folder',
  );
  expect(interrupted?.getByText('Interrupted')).toBeTruthy();
  expect(interrupted?.getByText('The server ended while it was on.')).toBeTruthy();
});
