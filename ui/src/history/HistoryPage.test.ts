import { render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { CARS_MAX, History } from './history.svelte';
import HistoryPage from './HistoryPage.svelte';

type Responses = Readonly<Record<string, unknown>>;

const cars = Array.from({ length: 30 }, (_, i) => i + 1);
const race = { id: 'r', name: 'Test', status: 'running', laps: 5, leader_lap: 1, lines: [] };
const classified = (laps: number) =>
  cars.map((driver_number) => ({ driver_number, position: driver_number, laps, status: '', best_lap: null }));
const entries = cars.map((driver_number) => ({
  driver_number,
  name_acronym: `C${driver_number}`,
  full_name: `Driver ${driver_number}`,
  team_name: '',
  team_colour: '',
  grid_position: driver_number,
}));
const requested: string[] = [];

/** Serves these responses; a number is the status of a refusal. */
function serve(responses: Responses): void {
  vi.stubGlobal('fetch', (url: string) => {
    const path = url.replace('/api/v1/races/r', '');
    requested.push(path);
    const found = Object.entries(responses).find(([key]) => path.split('?')[0] === key)?.[1] ?? 404;
    return Promise.resolve(
      typeof found === 'number'
        ? Response.json({ title: 'no', status: found, detail: 'said so' }, { status: found })
        : Response.json(found),
    );
  });
}

const whole = (laps: number): Responses => ({
  '': race,
  '/classification': { classification: classified(laps) },
  '/entries': { entries },
  '/laps': { laps: [] },
  '/documents/pit_stops.json': { rows: [] },
});

beforeEach(() => {
  location.hash = '#stints';
  requested.length = 0;
});
afterEach(() => vi.unstubAllGlobals());

test('the page shows an unknown race, a failed load, and a race without a completed lap', async () => {
  serve({});
  const notFound = render(HistoryPage, { id: 'r' });
  expect(screen.getByRole('status').textContent).toContain('Loading');
  await screen.findByText('There is no such race');
  notFound.unmount();

  serve({ ...whole(0), '/classification': 500 });
  const broken = render(HistoryPage, { id: 'r' });
  expect((await screen.findByRole('alert')).textContent).toContain('The race could not be loaded');
  broken.unmount();

  serve(whole(0));
  render(HistoryPage, { id: 'r' });
  await screen.findByText(/No car has completed a lap yet/);
  expect(screen.getByRole('link', { name: 'Stints' }).getAttribute('aria-current')).toBe('page');
});

test('the chosen cars are restored after a reload, except those not in the race', async () => {
  serve(whole(1));
  for (const [keep, expected] of [
    [undefined, [2, 3]],
    ['[3,999]', [3]],
  ] as const) {
    const before = new History('r');
    const ended = before.open();
    await vi.waitFor(() => expect(before.race).not.toBeNull());
    before.choose('none');
    before.toggle(3);
    before.toggle(2);
    ended();
    if (keep) sessionStorage.setItem('lightsout.charted.r', keep);
    const after = new History('r');
    const end = after.open();
    await vi.waitFor(() => expect(after.race).not.toBeNull());
    expect(after.chosen).toEqual(expected);
    expect(after.notFound).toBe(false);
    end();
  }
  sessionStorage.clear();
});

test('of many cars the first ten are shown, and only their laps are loaded', async () => {
  serve(whole(1));
  const history = new History('r');
  const end = history.open();
  await vi.waitFor(() => expect(history.race).not.toBeNull());
  expect(history.chosen).toEqual(cars.slice(0, 10));
  expect(requested).toContain('/laps?cars=1,2,3,4,5,6,7,8,9,10');
  expect(requested).toContain('/laps?position=1');
  expect(history.toggle(1)).toBe(true);
  for (const car of cars.slice(10, 21)) expect(history.toggle(car)).toBe(true);
  expect(history.chosen).toHaveLength(CARS_MAX);
  expect(history.toggle(30)).toBe(false);
  await vi.waitFor(() => expect(requested).toContain('/laps?cars=21'));
  history.choose('none');
  expect(history.chosen).toEqual([]);
  history.choose('first');
  expect(history.chosen).toHaveLength(10);
  end();
});
