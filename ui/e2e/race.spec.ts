import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';

import { Server } from './server';

const server = new Server();
test.beforeAll(() => server.start());
test.afterAll(async () => {
  expect(await server.stop('SIGTERM')).toBe(0);
});

const rows = (page: Page) => page.getByTestId('tower').locator('tbody tr');
const map = (page: Page) =>
  page.getByTestId('map').evaluate((c) => (c instanceof HTMLCanvasElement ? c.toDataURL() : ''));

/** Matches any lap from `from` on, because the race runs on while the test looks. */
const lapFrom = (from: number, laps: number): RegExp =>
  new RegExp(`Lap (${Array.from({ length: laps - from + 1 }, (_, i) => from + i).join('|')})/${laps}\\b`);

async function stop(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('button', { name: 'Stop it' }).click();
  await expect(page.getByTestId('flag')).toContainText('RED');
}

test('a race started in the form is watched while it runs', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(server.url);
  await page.getByLabel('Circuit', { exact: true }).selectOption('kartwerk');
  await page.getByLabel('Cars', { exact: true }).fill('20');
  await page.getByLabel('Laps', { exact: true }).fill('800');
  await page.getByLabel('Speed', { exact: true }).selectOption('30');
  await page.getByRole('button', { name: 'Start the race' }).click();
  await expect(page).toHaveURL(/\/race\/kartwerk-/);
  await expect(rows(page)).toHaveCount(20);
  await expect(page.getByTestId('connection')).toContainText('Live');
  const before = await map(page);
  await expect(async () => expect(await map(page)).not.toBe(before)).toPass();
  await expect(page.getByTestId('lap')).toContainText(lapFrom(4, 800));
  await expect(rows(page).first()).toContainText('Leader');
  await stop(page);
  expect(errors).toEqual([]);
});

test('a race is watched to its end', async ({ page }) => {
  const id = await server.createRace({ circuit: 'kartwerk', cars: 20, laps: 3, speed: 30, start: false });
  await page.goto(`${server.url}/race/${id}`);
  await expect(rows(page)).toHaveCount(20);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(page.getByTestId('winner')).toContainText('wins after 3 laps');
  const winner = (await page.getByTestId('winner').innerText()).match(/([A-Z]{3}) wins/)?.[1] ?? '';
  await expect(rows(page).first()).toContainText(winner);
  await expect(page.getByText('Lights out: the race is on')).toBeVisible();
});

test('an invalid value is explained at its field', async ({ page }) => {
  await page.goto(server.url);
  await page.getByLabel('Cars', { exact: true }).fill('0');
  await page.getByRole('button', { name: 'Start the race' }).click();
  await expect(page.locator('#cars-note')).toContainText('from 1 to 100000');
});

test('after the server is killed and restarted the page reconnects and the race continues', async ({
  page,
}) => {
  const id = await server.createRace({ circuit: 'kartwerk', cars: 10, laps: 12, speed: 40, start: false });
  await page.goto(`${server.url}/race/${id}`);
  await expect(rows(page)).toHaveCount(10);
  await server.post(`/races/${id}/start`, {});
  await server.post(`/races/${id}/pause`, {}); // so that it is not over when the server is killed
  await expect(page.getByText('Paused')).toBeVisible();
  await server.stop('SIGKILL');
  await expect(page.getByText('Connection lost')).toBeVisible();
  await server.start();
  await expect(page.getByTestId('connection')).toContainText('Paused');
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(page.getByTestId('winner')).toContainText('wins after 12 laps');
  await page.goto(server.url);
  await expect(page.getByTestId('races')).toContainText('12 laps');
});

test('a race of 2,000 cars is shown and searched', async ({ page }) => {
  const id = await server.createRace({ circuit: 'meridian', cars: 2000, laps: 100, speed: 1 });
  await page.goto(`${server.url}/race/${id}`);
  await expect(page.getByTestId('tower')).toHaveAttribute('aria-rowcount', '2001');
  expect(await rows(page).count()).toBeLessThan(80);
  await page.getByRole('region', { name: 'Timing tower' }).evaluate((e) => e.scrollTo(0, 32_000));
  await expect(page.locator('tr[aria-rowindex="1002"]')).toBeVisible();
  await page.getByRole('searchbox').fill('no such car');
  await expect(page.getByText('0 cars')).toBeVisible();
  await stop(page);
});

test('a car is selected, expanded, pinned and compared with keys', async ({ page }) => {
  const id = await server.createRace({ circuit: 'kartwerk', cars: 20, laps: 800, speed: 10 });
  await page.goto(`${server.url}/race/${id}`);
  await expect(page.getByTestId('lap')).toContainText(lapFrom(2, 800));
  await page.keyboard.press('j');
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('tr.selected')).toHaveCount(1);
  await expect(page.getByRole('columnheader', { name: /^vs / })).toBeVisible();
  await expect(page.getByTestId('car-announcement')).toContainText(/P\d/);
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('details')).toContainText('Speed trap');
  await page.keyboard.press('p');
  await expect(page.getByTestId('pinned').getByRole('rowheader')).toHaveCount(1);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`)).toEqual([]);
  await page.getByLabel('Single-letter shortcuts').uncheck();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.keyboard.press('p');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('details')).toBeHidden();
  await expect(page.getByTestId('pinned').getByRole('rowheader')).toHaveCount(1);
  await page.reload();
  await expect(rows(page)).toHaveCount(21); // the pinned car has a second row
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await expect(page.locator('tr.selected')).toHaveCount(0);
  await stop(page);
});

test('an unknown race is reported', async ({ page }) => {
  await page.goto(`${server.url}/race/none`);
  await expect(page.getByText('There is no such race')).toBeVisible();
});

for (const width of [1440, 768, 390]) {
  for (const colorScheme of ['dark', 'light'] as const) {
    test(`the front page and a race have no overflow and no accessibility violations at ${width} px, ${colorScheme}`, async ({
      page,
    }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      const id = await server.createRace({ circuit: 'kartwerk', cars: 20, laps: 2, speed: 0 });
      for (const path of ['/', `/race/${id}`]) {
        await page.goto(server.url + path);
        await expect(page.getByTestId(path === '/' ? 'races' : 'winner')).toBeVisible();
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(wider).toBeLessThanOrEqual(0);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`)).toEqual([]);
      }
    });
  }
}
