import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';

import { Loops } from './loops';
import { Server } from './server';

const server = new Server();
/** A finished race: its whole history comes from the store. */
let finishedRace = '';
test.beforeAll(async () => {
  await server.start();
  finishedRace = await createFinishedRace({
    circuit: 'meridian',
    cars: 20,
    laps: 30,
    seed: 7,
    speed: 0,
    name: 'Kept for good',
  });
});
test.afterAll(async () => {
  expect(await server.stop('SIGTERM')).toBe(0);
});

async function createFinishedRace(race: Readonly<Record<string, unknown>>): Promise<string> {
  const id = await server.createRace(race);
  await expect(async () => {
    const answer = (await (await fetch(`${server.url}/api/v1/races/${id}`)).json()) as { status: string };
    expect(answer.status).toBe('finished');
  }).toPass();
  return id;
}

const panel = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const view = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Charts' }).getByRole('link', { name });

async function expectNoLayoutIssues(page: Page): Promise<void> {
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wider).toBeLessThanOrEqual(0);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`)).toEqual([]);
}

test('the history of a finished race is shown chart by chart', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(server.url);
  await page.getByRole('link', { name: /^History of Kept for good/ }).click();
  await expect(page).toHaveURL(new RegExp(`/race/${finishedRace}/history$`));
  const lapChart = panel(page, 'Lap chart');
  await expect(lapChart.getByRole('img')).toHaveAttribute(
    'aria-label',
    /Lap chart\. \w{3} from P\d+ to P1, /,
  );
  const slider = lapChart.getByRole('slider', { name: 'Lap chart: lap' });
  await slider.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await expect(slider).toHaveAttribute('aria-valuetext', /^Lap 1: \w{3} P\d+/);
  await expect(lapChart.getByText('Lap 1', { exact: true })).toBeVisible();
  await lapChart.getByText('As a table').click();
  await expect(lapChart.getByRole('row')).toHaveCount(32); // the header, the grid, thirty laps
  const cars = page.getByRole('region', { name: 'Cars shown' });
  await expect(cars.getByRole('button', { pressed: true })).toHaveCount(10);
  await cars.getByRole('button', { pressed: true }).first().click();
  await expect(lapChart.getByRole('columnheader')).toHaveCount(10);
  await cars.getByRole('button', { name: 'None' }).click();
  await expect(page.getByText('No car is selected.')).toBeVisible();
  await cars.getByRole('button', { name: 'First 10' }).click();

  await view(page, 'Race trace').click();
  await expect(panel(page, 'Race trace').getByRole('img')).toHaveAttribute(
    'aria-label',
    /\w{3} 0\.000 s, \w{3} −/,
  );
  await page.getByLabel('Reference').selectOption('pace');
  await expect(panel(page, 'Race trace').getByRole('img')).toHaveAttribute(
    'aria-label',
    /\w{3} 0\.000 s, \w{3} −/,
  );
  await view(page, 'Stints').click();
  await expect(panel(page, 'Stints and pit stops')).toContainText(/Laps 1 to \d+ on (soft|medium|hard)/);
  await expect(panel(page, 'Stints and pit stops')).toContainText(
    /then \d\d\.\d s in the pit lane, \d\.\d s stationary/,
  );
  await view(page, 'Lap times').click();
  await expect(panel(page, 'Lap times').getByRole('img')).toHaveAttribute(
    'aria-label',
    /\w{3} best 1:\d\d\.\d{3}/,
  );
  await page.getByLabel('Include slow laps').check();
  await page.goBack();
  await expect(panel(page, 'Stints and pit stops')).toBeVisible();
  await page.getByRole('link', { name: 'To the race' }).click();
  await page.getByRole('link', { name: 'History' }).click();
  await expect(lapChart).toBeVisible();
  expect(errors).toEqual([]);
});

test('two laps are compared by distance with one cursor in all charts, and the address holds them', async ({
  page,
}) => {
  await page.goto(`${server.url}/race/${finishedRace}/history#compare`);
  const gap = page.getByTestId('lap-gap');
  await expect(gap).toContainText(/1:\d\d\.\d{3} against 1:\d\d\.\d{3}: B [+−]\d\.\d{3} s/);
  for (const name of ['Speed', 'Delta', 'Throttle', 'Brake', 'Gear']) {
    await expect(panel(page, name).getByRole('img')).toBeVisible();
  }
  const delta = (await gap.innerText()).match(/B ([+−]\d\.\d{3}) s/)?.[1] ?? 'none';
  await expect(panel(page, 'Delta').getByRole('img')).toHaveAttribute(
    'aria-label',
    new RegExp(`delta \\${delta} s$`),
  );

  const place = page.getByRole('slider', { name: 'Place on the lap' });
  await panel(page, 'Gear')
    .locator('.u-over')
    .hover({ position: { x: 200, y: 20 } });
  await expect(place).toHaveAttribute(
    'aria-valuetext',
    /^\d+ m: \w{3} L\d+ \d+ km\/h, \w{3} L\d+ \d+ km\/h, delta/,
  );
  const before = await place.getAttribute('aria-valuetext');
  await expect(panel(page, 'Speed').locator('.u-cursor-x')).toBeVisible();
  await expect(page.getByText(/^\d+ of 5457 m$/)).toBeVisible();
  await place.focus();
  await page.keyboard.press('ArrowRight');
  await expect(place).not.toHaveAttribute('aria-valuetext', before ?? '');

  const carA = await page.getByLabel('Car A').inputValue();
  await page.getByLabel('Car B').selectOption(carA);
  await page.getByLabel('Lap B').selectOption(await page.getByLabel('Lap A').inputValue());
  await expect(gap).toContainText('the same time');
  const lap = await page.getByLabel('Lap A').inputValue();
  await expect(page).toHaveURL(new RegExp(`#compare/${carA}:${lap}/${carA}:${lap}$`));
  await page.getByText('As a table').click();
  await expect(
    page.getByRole('region', { name: 'Both laps by distance, as a table' }).getByRole('row').last(),
  ).toContainText('0.000');
  await page.reload();
  await expect(gap).toContainText('the same time');
});

test('laps of real cars are compared by their speed, with a note on how', async ({ page }) => {
  const loops = await Loops.open(server, 'With telemetry');
  await loops.start();
  await loops.lap();
  const samples = [1, 2].flatMap((car) =>
    Array.from({ length: 46 }, (_, i) => ({
      driver_number: car,
      time_us: i * 2_000_000,
      speed: 150 + 10 * car + (i % 7),
    })),
  );
  await server.post(`${loops.path}/telemetry`, { samples });
  await page.goto(`${server.url}/race/${loops.id}/history#compare/1:1/2:1`);
  await expect(page.getByTestId('lap-gap')).toContainText('1:30.000 against 1:31.000: B +1.000 s');
  await expect(page.getByText('Distance is computed from speed over time')).toBeVisible();
  await expect(panel(page, 'Speed')).toBeVisible();
  await expect(panel(page, 'Gear')).toBeHidden();
  await page.getByLabel('Car B').selectOption('3');
  await expect(page.getByRole('alert')).toContainText('These laps cannot be compared');
});

test('a running race is reloaded, and an unknown race is reported', async ({ page }) => {
  const id = await server.createRace({ circuit: 'kartwerk', cars: 5, laps: 6, speed: 20 });
  await page.goto(`${server.url}/race/${id}/history`);
  await expect(page.getByText('No car has completed a lap yet').or(panel(page, 'Lap chart'))).toBeVisible();
  await expect(panel(page, 'Lap chart')).toBeVisible();
  await expect(page.getByText('Finished')).toBeVisible();
  await panel(page, 'Lap chart').getByText('As a table').click();
  await expect(panel(page, 'Lap chart').getByRole('row')).toHaveCount(8);
  await page.goto(`${server.url}/race/none/history`);
  await expect(page.getByText('There is no such race')).toBeVisible();
});

test('of a thousand cars ten are shown, and others are found by their code', async ({ page }) => {
  const id = await createFinishedRace({ circuit: 'kartwerk', cars: 1000, laps: 2, speed: 0 });
  await page.goto(`${server.url}/race/${id}/history`);
  const cars = page.getByRole('region', { name: 'Cars shown' });
  await expect(cars).toContainText('10 of 1,000');
  await cars.getByLabel('Add a car').fill('999');
  await cars.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(cars).toContainText('11 of 1,000');
  await view(page, 'Two laps').click();
  await page.getByLabel('Car B').fill('999');
  await expect(page).toHaveURL(/#compare\/\d+:\d+\/999:\d+$/);
  await expect(panel(page, 'Speed')).toBeVisible();
});

for (const width of [1440, 768, 390]) {
  for (const colorScheme of ['dark', 'light'] as const) {
    test(`the charts have no overflow and no accessibility violations at ${width} px, ${colorScheme}`, async ({
      page,
    }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.goto(`${server.url}/race/${finishedRace}/history`);
      for (const name of ['Lap chart', 'Race trace', 'Stints', 'Lap times', 'Two laps']) {
        await view(page, name).click();
        const shown = { Stints: 'Stints and pit stops', 'Two laps': 'Speed' }[name] ?? name;
        await expect(panel(page, shown)).toBeVisible();
        if (name === 'Lap chart') await page.getByText('As a table').click();
        await expectNoLayoutIssues(page);
      }
    });
  }
}
