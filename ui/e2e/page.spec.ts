import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Locator, type Page } from '@playwright/test';

import { Server } from './server';

const server = new Server();
test.beforeAll(() => server.start());
test.afterAll(async () => {
  server.signal('SIGCONT');
  expect(await server.stop('SIGTERM')).toBe(0);
});

const state = (page: Page) => page.getByTestId('connection');
const rows = (page: Page) => page.getByTestId('cars').locator('tr[data-car]');
const selected = (page: Page) => page.getByTestId('cars').locator('tr.selected');
const tower = (page: Page) => page.getByRole('region', { name: 'Timing tower' });
const stop = (id: string) => server.post(`/races/${id}/stop`, {});

/** Records the texts of an element from now on, each change once. */
async function recordTexts(locator: Locator): Promise<() => Promise<string[]>> {
  await locator.evaluate((element) => {
    const all: string[] = [element.textContent.trim()];
    new MutationObserver(() => {
      const now = element.textContent.trim();
      if (now !== all.at(-1)) all.push(now);
    }).observe(element, { subtree: true, childList: true, characterData: true });
    Object.assign(window, { recordedTexts: all });
  });
  return () =>
    locator.page().evaluate(() => (window as unknown as { recordedTexts: string[] }).recordedTexts);
}

test('a hung server that accepts connections stays lost until it sends again', async ({ page }) => {
  const id = await server.createRace({ circuit: 'kartwerk', cars: 20, laps: 5000, speed: 1 });
  let lines = 0;
  page.on('websocket', () => lines++);
  await page.goto(`${server.url}/race/${id}`);
  await expect(state(page)).toHaveText('Live');
  const texts = await recordTexts(state(page));
  server.signal('SIGSTOP');
  await expect(page.getByText(/No data for \d+ s/)).toBeVisible();
  await expect(state(page)).toHaveText('No data');
  // The connection is given up, opened, accepted by the kernel, and given up again.
  await expect.poll(() => lines).toBeGreaterThanOrEqual(3);
  await expect(page.getByText('Connection lost')).toBeVisible();
  await expect(page.locator('main.outdated')).toBeVisible();
  await expect(page.locator('header .outdated').getByTestId('flag')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Pause' })).toBeDisabled();
  expect(await texts()).toEqual(['Live', 'No data', 'Lost']);
  for (const width of [1440, 390, 320]) {
    await page.setViewportSize({ width, height: 900 });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`)).toEqual([]);
  }
  server.signal('SIGCONT');
  await expect(state(page)).toHaveText('Live');
  await expect(page.locator('main.outdated')).toHaveCount(0);
  expect((await texts()).slice(2)).toEqual(['Lost', 'Live']);
  await stop(id);
});

test('pages that poll a hung server say that it does not answer', async ({ page, context }) => {
  const id = await server.createRace({ circuit: 'kartwerk', cars: 5, laps: 5000, speed: 1, name: 'Hangs' });
  const [history, actors, race] = [await context.newPage(), await context.newPage(), await context.newPage()];
  await race.goto(server.url);
  await expect(race.getByText('Hangs')).toBeVisible();
  await page.goto(server.url);
  await expect(page.getByTestId('races').getByText('Live').first()).toBeVisible();
  await history.goto(`${server.url}/race/${id}/history`);
  await expect(history.getByText('Live')).toBeVisible();
  await actors.goto(`${server.url}/actors`);
  await expect(actors.getByRole('treegrid')).toBeVisible();
  server.signal('SIGSTOP');
  for (const one of [page, history, actors]) {
    await one.bringToFront();
    await expect(one.getByText(/The server does not answer/)).toBeVisible();
    await expect(one.locator('.outdated').first()).toBeVisible();
    await expect(one.getByText('Live', { exact: true })).toHaveCount(0);
  }
  await race.bringToFront();
  await race.getByText('Hangs').click();
  await expect(race.getByText('The server does not answer. Trying now')).toBeVisible();
  await expect(state(race)).toHaveText('Lost');
  server.signal('SIGCONT');
  await expect(state(race)).toHaveText('Live');
  await page.bringToFront();
  await expect(page.getByTestId('races').getByText('Live').first()).toBeVisible();
  await expect(page.getByText(/does not answer/)).toHaveCount(0);
  await stop(id);
});

test('a race is waiting, live, paused, then finished, and never live when it is not running', async ({
  page,
}) => {
  const id = await server.createRace({ circuit: 'kartwerk', cars: 5, laps: 5000, speed: 1, start: false });
  await page.goto(`${server.url}/race/${id}`);
  await expect(state(page)).toHaveText('Waiting');
  for (const [act, word] of [
    ['start', 'Live'],
    ['pause', 'Paused'],
    ['resume', 'Live'],
    ['stop', 'Finished'],
  ] as const) {
    await server.post(`/races/${id}/${act}`, {});
    await expect(state(page)).toHaveText(word);
  }
  await page.goto(`${server.url}/race/${id}/control`);
  await expect(state(page)).toHaveText('Finished');
});

test('the status of a race is never cut off at any width, and the page never scrolls sideways', async ({
  page,
}) => {
  const id = await server.createRace({
    circuit: 'kartwerk',
    cars: 20,
    laps: 10_000,
    speed: 1,
    name: 'A race with a name that is longer than any header',
  });
  await server.post(`/races/${id}/flags`, { flag: 'virtual_safety_car', author: 'Grace' });
  await server.post(`/races/${id}/pause`, {});
  for (const path of ['', '/control', '/history']) {
    await page.goto(`${server.url}/race/${id}${path}`);
    const word = page.locator('header [data-state]');
    await expect(word).toHaveText('Paused');
    for (let width = 320; width <= 1920; width += 10) {
      await page.setViewportSize({ width, height: 800 });
      const [box, wider, covered] = await word.evaluate((e) => {
        const { left, right } = e.getBoundingClientRect();
        const header = e.closest('header');
        const over = [...(header?.querySelectorAll('a, button, h1, [data-state], .chip, .lap') ?? [])]
          .map((one) => one.getBoundingClientRect())
          .filter((one) => one.width > 0)
          .sort((a, b) => a.left - b.left)
          .some((one, i, all) => one.left < (all[i - 1]?.right ?? 0) - 0.5);
        return [{ left, right }, document.documentElement.scrollWidth - innerWidth, over] as const;
      });
      expect(box.left, `${path} ${width} px`).toBeGreaterThan(0);
      expect(box.right, `${path} ${width} px`).toBeLessThanOrEqual(width);
      expect([wider, covered], `${path} ${width} px`).toEqual([0, false]);
    }
  }
  await stop(id);
});

test('an unknown address has the right status and a link to all races', async ({ page }) => {
  const id = await server.createRace({ circuit: 'kartwerk', cars: 2, laps: 1, speed: 0 });
  for (const [path, status, says] of [
    ['/nowhere', 404, 'There is no such page'],
    [`/race/${id}/foo`, 404, 'There is no such page'],
    ['/race/NONE', 404, 'There is no such page'],
    ['/race/none', 404, 'There is no such race'],
    ['/race/none/control', 404, 'There is no such race'],
    ['/race/none/history', 404, 'There is no such race'],
    [`/race/${id}`, 200, 'Race control'],
    [`/race/${id}/control`, 200, 'Track status'],
    [`/race/${id}/history`, 200, 'Lap chart'],
  ] as const) {
    const answer = await page.goto(server.url + path);
    expect(answer?.status(), path).toBe(status);
    await expect(
      page
        .getByRole('heading', { name: says })
        .or(page.getByRole('link', { name: says }))
        .first(),
    ).toBeVisible();
    if (status === 200) continue;
    await expect(page).toHaveTitle(/^Not found/);
    await page.getByRole('main').getByRole('link', { name: 'All races' }).click();
    await expect(page.getByRole('heading', { name: 'Races', exact: true })).toBeVisible();
  }
});

test('in 2,000 cars the selected row stays in view, with j and k and in a search', async ({ page }) => {
  const id = await server.createRace({ circuit: 'meridian', cars: 2000, laps: 100, speed: 1, start: false });
  await page.goto(`${server.url}/race/${id}`);
  await expect(rows(page).first()).toBeVisible();
  for (let i = 0; i < 60; i++) await page.keyboard.press('j');
  await expect(selected(page)).toHaveAttribute('aria-rowindex', '61');
  await expect(selected(page)).toBeInViewport({ ratio: 1 });
  for (let i = 0; i < 55; i++) await page.keyboard.press('k');
  await expect(selected(page)).toHaveAttribute('aria-rowindex', '6');
  await expect(selected(page)).toBeInViewport({ ratio: 1 });
  const head = await page.getByTestId('tower').locator('thead').boundingBox();
  const row = await selected(page).boundingBox();
  expect(row?.y).toBeGreaterThanOrEqual((head?.y ?? 0) + (head?.height ?? 0) - 1);
  // After scrolling away, the next key brings it back into view.
  await tower(page).evaluate((e) => e.scrollTo(0, 40_000));
  await expect(selected(page)).toHaveCount(0);
  await page.keyboard.press('j');
  await expect(selected(page)).toHaveAttribute('aria-rowindex', '7');
  await expect(selected(page)).toBeInViewport({ ratio: 1 });

  // On a phone the rows have the height that the list assumes.
  await page.setViewportSize({ width: 390, height: 844 });
  await expect.poll(async () => (await selected(page).boundingBox())?.height).toBe(32);
  await page.setViewportSize({ width: 1440, height: 900 });

  // Pinned cars stay on top, and the selected row below them.
  await page.keyboard.press('p');
  for (let i = 0; i < 60; i++) await page.keyboard.press('j');
  for (let i = 0; i < 40; i++) await page.keyboard.press('k');
  await expect(selected(page)).toHaveAttribute('aria-rowindex', '27');
  const pinned = page.getByTestId('pinned').getByRole('rowheader');
  await expect(pinned).toBeInViewport({ ratio: 1 });
  const [top, below] = [await pinned.boundingBox(), await selected(page).boundingBox()];
  expect(below?.y).toBeGreaterThanOrEqual((top?.y ?? 0) + (top?.height ?? 0) - 1);

  await page.keyboard.press('Escape');
  await page.getByRole('searchbox').fill('19');
  await expect(page.getByText('2,000 cars')).toHaveCount(0);
  await tower(page).evaluate((e) => e.scrollTo(0, 0));
  await page.getByRole('searchbox').blur();
  for (const i of [0, 1, 2]) {
    await page.keyboard.press('j');
    await expect(rows(page).nth(i)).toHaveClass(/selected/);
  }
});

test('a long list follows the selected car as it falls back, until the visitor scrolls', async ({ page }) => {
  const cars = Array.from({ length: 100 }, (_, i) => i + 1);
  const entries = cars.map((n) => ({ driver_number: n, name_acronym: `C${n}`, grid_position: n }));
  const id = await server.createRace({
    kind: 'external',
    name: 'Long',
    rules: { name: 'kart', laps: 20 },
    entries,
  });
  const lap = (n: number, who: readonly number[]): Promise<unknown> => {
    const at = (car: number): number => 1_000_000 * (60 * n + car / 10);
    const passings = who.map((car) => ({ driver_number: car, time_us: Math.round(at(car)) }));
    return server.post(`/races/${id}/passings`, { passings });
  };
  await server.post(`/races/${id}/start`, {});
  await lap(1, cars);
  await page.goto(`${server.url}/race/${id}`);
  await expect(rows(page).nth(2)).toContainText('C3');
  for (let i = 0; i < 3; i++) await page.keyboard.press('j');
  await lap(
    2,
    cars.filter((car) => car !== 3),
  );
  await expect(selected(page)).toHaveAttribute('aria-rowindex', '101');
  await expect(selected(page)).toContainText('C3');
  await expect(selected(page)).toBeInViewport({ ratio: 1 });

  await tower(page).evaluate((e) => e.scrollTo(0, 0));
  await expect(rows(page).first()).toBeInViewport({ ratio: 1 });
  await lap(3, cars);
  await expect(rows(page).first()).toContainText('C1');
  await expect(page.getByTestId('lap')).toContainText('Lap 4/20');
  await expect(rows(page).first()).toBeInViewport({ ratio: 1 });
});

test('arrow keys scroll the focused region, and select where a car has the focus', async ({ page }) => {
  const id = await server.createRace({ circuit: 'meridian', cars: 2000, laps: 100, speed: 1, start: false });
  await page.goto(`${server.url}/race/${id}`);
  await expect(rows(page).first()).toBeVisible();
  const scrolled = (): Promise<number> => tower(page).evaluate((e) => e.scrollTop);
  await page.keyboard.press('t');
  await expect(tower(page)).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect.poll(scrolled).toBeGreaterThan(0);
  await expect(selected(page)).toHaveCount(0);
  await page.keyboard.press('ArrowUp');
  await expect.poll(scrolled).toBe(0);

  await rows(page).nth(2).click();
  await expect(rows(page).nth(2).getByRole('button')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(rows(page).nth(3)).toHaveClass(/selected/);
  await expect(rows(page).nth(3).getByRole('button')).toBeFocused();
  expect(await scrolled()).toBe(0);
  await page.keyboard.press('r');
  await expect(page.getByRole('log')).toBeFocused();
});

test('rows are reached with the tab key and opened with Enter', async ({ page }) => {
  const id = await server.createRace({ circuit: 'kartwerk', cars: 20, laps: 5000, speed: 1, start: false });
  await page.goto(`${server.url}/race/${id}`);
  await expect(rows(page)).toHaveCount(20);
  const first = rows(page).first().getByRole('button');
  await page.getByRole('button', { name: 'Gap: time to the leader' }).focus();
  await page.keyboard.press('Tab');
  await expect(first).toBeFocused();
  await expect(first).toHaveAttribute('aria-expanded', 'false');
  await page.keyboard.press('Enter');
  await expect(first).toHaveAttribute('aria-expanded', 'true');
  await expect(page.getByTestId('details')).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Pin' })).toBeFocused();
  await first.press('Enter');
  await expect(page.getByTestId('details')).toHaveCount(0);
});

test.describe('by touch', () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });
  for (const cars of [20, 2000]) {
    test(`one tap opens a car of ${cars}, the next one closes it`, async ({ page }) => {
      const id = await server.createRace({ circuit: 'meridian', cars, laps: 100, speed: 1, start: false });
      await page.goto(`${server.url}/race/${id}`);
      await rows(page).nth(3).getByRole('cell').last().tap();
      await expect(page.getByTestId('details')).toBeInViewport({ ratio: 1 });
      await rows(page).nth(3).tap();
      await expect(page.getByTestId('details')).toHaveCount(0);
      await expect(selected(page)).toHaveCount(0);
    });
  }
});

test('the selection is restored after a reload and after Back', async ({ page }) => {
  const id = await server.createRace({ circuit: 'kartwerk', cars: 20, laps: 5000, speed: 1, start: false });
  await page.goto(`${server.url}/race/${id}`);
  await rows(page).nth(4).click();
  await page.keyboard.press('p');
  const car = (await rows(page).nth(4).getAttribute('data-car')) ?? '';
  const expectViewRestored = async (): Promise<void> => {
    await expect(selected(page)).toHaveAttribute('data-car', car);
    await expect(page.getByTestId('pinned').getByRole('rowheader')).toHaveCount(1);
    await expect(page.getByTestId('details')).toBeVisible();
  };
  await expectViewRestored();
  await page.reload();
  await expectViewRestored();
  await page.getByRole('link', { name: 'History' }).click();
  await expect(page.getByRole('link', { name: 'To the race' })).toBeVisible();
  await page.goBack();
  await expectViewRestored();
  await page.getByRole('link', { name: 'All races' }).click();
  await expect(page.getByTestId('races')).toBeVisible();
  await page.goBack();
  await expectViewRestored();
});

test('gaps never decrease down the tower while cars are in the pits', async ({ page }) => {
  const id = await server.createRace({
    circuit: 'meridian',
    cars: 20,
    laps: 30,
    speed: 100,
    seed: 3,
    start: false,
  });
  await page.goto(`${server.url}/race/${id}`);
  await expect(rows(page)).toHaveCount(20);
  await page.evaluate(() => {
    const list = document.querySelector('[data-testid="cars"]');
    const seen = { pits: 0, broken: [] as string[] };
    Object.assign(window, { seen });
    const size = (gap: string): number => {
      const [, minutes = '0', seconds = ''] = /^\+(?:(\d+):)?([\d.]+)$/.exec(gap) ?? [];
      if (seconds !== '') return Number(minutes) * 60 + Number(seconds);
      return 10_000 * Number.parseInt(gap, 10); // laps; NaN for none
    };
    new MutationObserver(() => {
      if (document.querySelector('[data-testid="winner"]')) return;
      const all = [...(list?.querySelectorAll('tr') ?? [])];
      seen.pits += all.filter((row) => row.textContent.includes('PIT')).length;
      const gaps = all.map((row) => row.querySelectorAll('td')[3]?.textContent ?? '');
      const sizes = gaps.map(size).filter((n) => !Number.isNaN(n));
      if (sizes.some((n, i) => n < (sizes[i - 1] ?? 0))) seen.broken.push(gaps.join(' '));
    }).observe(list as Node, { subtree: true, childList: true, characterData: true });
  });
  await server.post(`/races/${id}/start`, {});
  await expect(page.getByTestId('winner')).toContainText('after 30 laps');
  const { pits, broken } = await page.evaluate(
    () => (window as unknown as { seen: { pits: number; broken: string[] } }).seen,
  );
  expect(pits).toBeGreaterThan(0);
  expect(broken).toEqual([]);
});
