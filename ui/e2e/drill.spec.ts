import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { encode } from '@msgpack/msgpack';

import { Loops } from './loops';
import { Server } from './server';

const server = new Server();
test.beforeAll(() => server.start());
test.afterAll(async () => {
  expect(await server.stop('SIGTERM')).toBe(0);
});

/** Races to stop after each test, or their actors would appear in the next test's tree. */
const running: string[] = [];
test.afterEach(async () => {
  for (const id of running.splice(0)) await server.post(`/races/${id}/stop`, {});
});

/** Starts a race that outlasts the test. */
async function startLongRace(cars: number): Promise<string> {
  const id = await server.createRace({ circuit: 'kartwerk', cars, laps: 4000, speed: 1 });
  running.push(id);
  return id;
}

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });
const tower = (page: Page) => page.getByTestId('tower');
const marks = (page: Page) => tower(page).getByText('restarted');
const bar = (page: Page) => page.getByTestId('drill');

async function violations(page: Page): Promise<string[]> {
  const found = (await new AxeBuilder({ page }).analyze()).violations;
  return found.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`);
}

const columns = (page: Page): Promise<number[]> =>
  tower(page)
    .getByRole('columnheader')
    .evaluateAll((heads) => heads.map((head) => Math.round(head.getBoundingClientRect().width)));

/** Counts the most cars marked at once. Marks are short-lived, so they are counted in the page. */
async function countMarks(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const counter = { marks: 0 };
    Object.assign(window, { counter });
    const look = (): void => {
      counter.marks = Math.max(counter.marks, document.querySelectorAll('tr .restarted').length);
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true });
  });
  return () => page.evaluate(() => (window as unknown as { counter: { marks: number } }).counter.marks);
}

/** Opens a race whose live connection also delivers the test's ops messages. */
async function openWithOps(page: Page, id: string): Promise<(...ops: unknown[]) => void> {
  let send: ((data: Buffer) => void) | null = null;
  await page.routeWebSocket(/\/live\//, (line) => {
    line.connectToServer();
    send = (data) => line.send(data);
  });
  await page.goto(`${server.url}/race/${id}`);
  await expect(tower(page).getByRole('rowheader').first()).toBeVisible();
  const sendOps = (...ops: unknown[]): void => send?.(Buffer.from(encode([1, 5, ...ops])));
  sendOps(0, [], null); // the first ops message after joining is not news
  return sendOps;
}

const car = (slot: number, tookUs = 1200) => ['car', slot, 'killed in a drill', tookUs];

test('half of the field is killed and restarted, and the verdict says what changed', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  const marked = await countMarks(page);
  const race = { circuit: 'kartwerk', cars: 40, laps: 3, seed: 7, speed: 10, start: false };
  const id = await server.createRace(race);
  await page.goto(`${server.url}/race/${id}`);
  await expect(tower(page).getByRole('rowheader')).toHaveCount(40);
  await expect(bar(page)).toBeHidden();
  await expect(page.getByTestId('restarts')).toBeHidden();
  await button(page, 'Drill…').click();
  await page.getByRole('radio', { name: /^Half the field/ }).check();
  await button(page, 'Start the drill').click();
  await expect(page.getByRole('dialog')).toContainText('Half the field is running.');
  await button(page, 'Close').click();
  await expect(bar(page)).toContainText('Drill half-the-field');
  await button(page, 'Start').click();

  await expect(page.getByTestId('winner')).toContainText('wins after 3 laps');
  await expect(bar(page)).toContainText('Drill passed');
  await expect(bar(page)).toContainText('The faults changed nothing but the restart counters');
  await expect(bar(page)).toContainText(/half-the-field: [1-9][\d,]* faults?, [1-9][\d,]* restarts/);
  await expect(page.getByRole('log')).toContainText(/\d+ (cars|actors) restarted, slowest/);
  expect(await marked()).toBeGreaterThan(0);
  await expect(marks(page)).toHaveCount(0);

  await button(page, 'Verdict').click();
  await expect(page.getByTestId('verdict')).toContainText(/Restartscar [\d,]+/);
  for (const same of ['Classification', 'Laps', 'State hash of every lap']) {
    await expect(page.getByRole('row', { name: same, exact: false }).last()).toContainText('identical');
  }
  await expect(page.getByRole('dialog')).toContainText('The race is not running');
  await button(page, 'Close').click();
  await button(page, 'Dismiss').click();
  await expect(bar(page)).toBeHidden();
  await expect(page.getByTestId('restarts')).toContainText(/[\d,]+ restarts of actors/);
  await page.reload();
  await expect(page.getByTestId('restarts')).toContainText(/[\d,]+ restarts of actors/);
  await expect(bar(page)).toBeHidden();
  expect(errors).toEqual([]);
});

test('a restart mark disappears after two seconds and moves no column, with and without motion', async ({
  page,
}) => {
  const id = await startLongRace(20);
  await page.clock.install();
  for (const reducedMotion of ['no-preference', 'reduce'] as const) {
    await page.emulateMedia({ reducedMotion });
    const sendOps = await openWithOps(page, id);
    // From here the page's clock advances only by the test's steps, so that a mark lasts exactly as long as it
    // should. The jump must stay short, or the page gives the silent connection up.
    await expect(async () => page.clock.pauseAt(await page.evaluate(() => Date.now() + 5000))).toPass();
    const before = await columns(page);
    sendOps(
      12,
      Array.from({ length: 12 }, (_, slot) => car(slot)),
      null,
    );
    await expect(marks(page)).toHaveCount(12);
    expect(await columns(page)).toEqual(before);
    await expect(page.getByRole('log')).toContainText('12 cars restarted, slowest 1.2 ms');
    await expect(page.getByTestId('restarts')).toContainText('12 restarts of actors');
    await expect(bar(page)).toBeHidden();
    await page.clock.runFor(1900);
    expect(await marks(page).count()).toBe(12);
    await page.clock.runFor(200);
    await expect(marks(page)).toHaveCount(0);
    expect(await columns(page)).toEqual(before);
    await page.clock.resume();
  }
});

test('a failed verdict is shown until it is dismissed, and the next drill is shown again', async ({
  page,
}) => {
  const id = await startLongRace(4);
  const sendOps = await openWithOps(page, id);
  sendOps(1, [['timekeeper', -1, 'a bug', 17]], ['storm', 3, 321, '2 records are there twice']);
  await expect(bar(page)).toContainText('Drill failed');
  await expect(bar(page)).toContainText('2 records are there twice');
  await expect(page.getByRole('log')).toContainText('The timekeeper restarted in 17 µs (a bug)');
  await button(page, 'Dismiss').click();
  await expect(bar(page)).toBeHidden();
  sendOps(2, [], ['storm', 3, 321, '2 records are there twice']);
  await expect(page.getByTestId('restarts')).toContainText('2 restarts of actors');
  await expect(bar(page)).toBeHidden();
  sendOps(1, [], ['storm', 0, 5498, '']);
  await expect(bar(page)).toContainText('Drill storm: 5,498 faults');
  await expect(button(page, 'Dismiss')).toBeHidden();
});

test('a drill is composed, refused while another is running, and stopped', async ({ page }) => {
  const id = await startLongRace(20);
  await page.goto(`${server.url}/race/${id}`);
  await button(page, 'Drill…').click();
  await button(page, 'Compose').click();
  await page.getByLabel('Share, %').fill('');
  await expect(page.getByText('Enter a share')).toBeVisible();
  await page.getByLabel('Target').selectOption('race');
  await page.getByLabel('Every, seconds').fill('2');
  await expect(page.getByText('kill race, every 2s')).toBeVisible();
  await page.route('**/drills', (route) =>
    route.request().method() === 'POST'
      ? route.fulfill({
          status: 409,
          contentType: 'application/problem+json',
          json: { title: 'Conflict', status: 409, detail: 'a drill is on already' },
        })
      : route.fallback(),
  );
  await button(page, 'Start the drill').click();
  await expect(page.getByRole('alert').getByText('a drill is on already')).toBeVisible();
  await page.unroute('**/drills');
  await button(page, 'Start the drill').click();
  await expect(page.getByRole('dialog')).toContainText('Kill race is running.');
  await expect(page.getByTestId('drills')).toContainText('Running');
  await page.keyboard.press('j'); // a shortcut of the page behind the dialog
  await button(page, 'Stop the drill').click();
  await expect(page.getByTestId('drills')).toContainText('Faults over');
  await expect(page.getByTestId('drills')).toContainText(/Up to tick \d+: |The race so far cannot be judged/);
  await expect(page.getByTestId('drills')).toContainText('the whole race is judged at its end.');
  await expect(button(page, 'Start the drill')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(button(page, 'Drill…')).toBeFocused();
  await expect(page.locator('tr.selected')).toHaveCount(0);
});

test('a drill of several faults is composed, and poisoned cars retire', async ({ page }) => {
  const race = { circuit: 'kartwerk', cars: 20, laps: 4, seed: 7, speed: 10, start: false };
  const id = await server.createRace(race);
  await page.goto(`${server.url}/race/${id}`);
  await expect(tower(page)).toBeVisible();
  await button(page, 'Drill…').click();
  await button(page, 'Compose').click();
  const faultItems = page.getByTestId('faults').getByRole('listitem');
  await page.getByLabel('Target').selectOption('timekeeper');
  await page.getByLabel('When', { exact: true }).selectOption('once');
  await page.getByLabel('At race time').fill('0:25');
  await page.getByLabel('Before or after a message').selectOption('after');
  await expect(faultItems).toContainText(['kill timekeeper, at 25s, after a message']);
  await button(page, 'Add another fault').click();
  await page.getByLabel('Fault', { exact: true }).selectOption('poison');
  await page.getByLabel('How many').selectOption('number');
  await page.getByLabel('Number').fill('2');
  await expect(page.getByLabel('When', { exact: true })).toBeHidden();
  await page.getByLabel('From race time').fill('x');
  await expect(faultItems.last()).toContainText('Enter a race time');
  await expect(button(page, 'Start the drill')).toHaveAttribute('aria-disabled', 'true');
  await page.getByLabel('From race time').fill('30');
  await button(page, 'Add another fault').click();
  await page.getByLabel('Fault', { exact: true }).selectOption('kill');
  await page.getByLabel('When', { exact: true }).selectOption('every');
  await page.getByLabel('Until race time').fill('0:40');
  await expect(faultItems).toHaveCount(3);
  await button(page, 'Remove fault 3').click();
  await expect(faultItems).toContainText(['kill timekeeper', 'poison car, 2 of them, at 30s']);
  await button(page, 'Start the drill').click();
  await expect(page.getByRole('dialog')).toContainText('Kill timekeeper and poison car is running.');
  await button(page, 'Close').click();
  await button(page, 'Start').click();
  await expect(page.getByTestId('winner')).toBeVisible();
  await expect(bar(page)).toContainText('Drill passed');
  await expect(tower(page).getByText('OUT')).toHaveCount(2);
});

test('a race of real cars offers no drill', async ({ page }) => {
  const loops = await Loops.open(server, 'Real cars');
  await loops.start();
  await page.goto(`${server.url}/race/${loops.id}`);
  await expect(tower(page)).toBeVisible();
  await expect(page.getByRole('link', { name: "Marshal's desk" })).toBeVisible();
  await expect(button(page, 'Drill…')).toHaveCount(0);
});

test('the actor tree is navigated by keys and says when it may be out of date', async ({ page }) => {
  await startLongRace(20);
  await page.goto(server.url);
  await page.getByRole('link', { name: 'Actors', exact: true }).click();
  const tree = page.getByRole('treegrid', { name: 'Actors' });
  await expect(tree).toBeVisible();
  await expect(page.getByTestId('totals')).toContainText(/\d+ actors/);
  const cars = tree.getByRole('row', { name: /car × \d+/ }).first();
  await expect(cars).toHaveAttribute('aria-expanded', 'false');
  await tree.locator('tr[tabindex="0"]').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('End');
  await page.keyboard.press('Home');
  await expect(tree.locator('tbody tr').first()).toBeFocused();
  await cars.focus();
  await page.keyboard.press('ArrowRight');
  await expect(cars).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('ArrowRight');
  await expect(tree.locator('tr[tabindex="0"]')).toHaveAttribute('aria-posinset', '1');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expect(cars).toHaveAttribute('aria-expanded', 'false');

  await page.route('**/api/v1/actors*', (route) => route.abort());
  await expect(page.getByText('This may be out of date: The server does not answer.')).toBeVisible();
  await expect(tree).toBeVisible();
  await page.unroute('**/api/v1/actors*');
  await expect(page.getByText('This may be out of date')).toBeHidden();
});

for (const width of [1440, 768, 390]) {
  for (const colorScheme of ['dark', 'light'] as const) {
    test(`drills and actors have no overflow and no accessibility violations at ${width} px, ${colorScheme}`, async ({
      page,
    }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const id = await startLongRace(20);
      const expectNoLayoutIssues = async (): Promise<void> => {
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(wider).toBeLessThanOrEqual(0);
        expect(await violations(page)).toEqual([]);
      };
      const sendOps = await openWithOps(page, id);
      sendOps(2, [car(0), car(1)], ['storm', 0, 5498, '']);
      await expect(bar(page)).toBeVisible();
      await expectNoLayoutIssues();
      if (width < 700) await button(page, 'Control').click();
      await page.getByRole('button', { name: 'Drill…' }).locator('visible=true').click();
      await expect(page.getByTestId('library')).toBeVisible();
      await expectNoLayoutIssues();
      await button(page, 'Compose').click();
      await expectNoLayoutIssues();
      await button(page, 'Start the drill').click();
      await expect(page.getByTestId('drills')).toBeVisible();
      await expectNoLayoutIssues();
      await page.getByRole('link', { name: 'All actors' }).click();
      await expect(page.getByTestId('actors')).toBeVisible();
      await page
        .getByRole('row', { name: /car × \d+/ })
        .first()
        .click();
      await expectNoLayoutIssues();
    });
  }
}
