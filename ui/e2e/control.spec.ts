import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';

import { Loops } from './loops';
import { Server } from './server';

const server = new Server();
test.beforeAll(() => server.start());
test.afterAll(async () => {
  expect(await server.stop('SIGTERM')).toBe(0);
});

const list = (page: Page, name: string) => page.getByTestId(name).getByRole('listitem');
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

async function desk(page: Page, loops: Loops, author: string | null = 'Ada'): Promise<void> {
  if (author !== null) {
    await page.addInitScript((name) => {
      localStorage.setItem('lightsout.choices', JSON.stringify({ author: name }));
    }, author);
  }
  await page.goto(`${server.url}/race/${loops.id}/control`);
  await expect(page.getByRole('heading', { name: 'Track status' })).toBeVisible();
}

async function fillDialog(page: Page, label: string, text: string, yes: string): Promise<void> {
  await page.getByRole('dialog').getByLabel(label).fill(text);
  await page.getByRole('dialog').getByRole('button', { name: yes }).click();
}

async function violations(page: Page): Promise<string[]> {
  const found = (await new AxeBuilder({ page }).analyze()).violations;
  return found.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`);
}

test('a race is controlled from its start to an amended result', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  const loops = await Loops.open(server, 'From start to protest');
  await page.goto(`${server.url}/race/${loops.id}`);
  await page.getByRole('link', { name: "Marshal's desk" }).click();
  await expect(page.getByText('No suspect passings')).toBeVisible();
  await expect(page.getByText('No rulings yet')).toBeVisible();

  await button(page, 'Start the race').click();
  await fillDialog(page, 'Your name', 'Ada', 'Sign');
  await expect(button(page, 'Stop the race')).toBeVisible();
  await expect(page.getByText('Signed by Ada')).toBeVisible();
  await loops.lap();
  await expect(page.getByTestId('lap')).toContainText('Lap 2/20');

  await button(page, 'Sector 2').click();
  await expect(button(page, 'Sector 2')).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByTestId('flag')).toContainText('Y2');
  await button(page, 'Safety car').click();
  await expect(button(page, 'Safety car')).toHaveAttribute('aria-pressed', 'true');
  await button(page, 'Clear').click();
  await expect(page.getByTestId('flag')).toContainText('G Clear');

  // A lap that is too short, and a lap whose end was missed.
  await loops.report([2, 0, 101], [1, 1, 120], [1, 1, 215]);
  await expect(list(page, 'passings')).toHaveCount(2);
  const short = list(page, 'passings').filter({ hasText: '2 PIA' });
  await expect(short).toContainText('under the minimum');
  await short.getByRole('button', { name: 'Accept' }).click();
  await expect(list(page, 'passings')).toHaveCount(1);
  await list(page, 'passings').getByRole('button', { name: 'Split' }).click();
  await expect(page.getByText('No suspect passings')).toBeVisible();
  await expect(page.getByTestId('desk-announcement')).toContainText('lap split');

  await page.getByLabel('Car', { exact: true }).fill('pia');
  await page.getByLabel('Seconds').fill('5');
  await button(page, 'Give the penalty').click();
  await expect(page.getByText('Give a reason')).toBeVisible();
  await page.getByLabel('Reason', { exact: true }).fill('track limits');
  await button(page, 'Give the penalty').click();
  await expect(list(page, 'penalties')).toContainText(['2 PIA']);
  await expect(list(page, 'rulings').first()).toContainText('Time penalty 2 PIA, 5 s');
  await expect(list(page, 'rulings').first()).toContainText('track limits · Ada');

  await button(page, 'Stop the race').click();
  await page.getByRole('button', { name: 'Stop it' }).click();
  await expect(list(page, 'results')).toContainText(['Provisional']);
  await button(page, 'Declare final').click();
  await fillDialog(page, 'Reason', 'no protest', 'Declare it final');
  await expect(list(page, 'results').first()).toContainText('Final');
  await page.getByRole('button', { name: 'Served by 2 PIA' }).click();
  await expect(list(page, 'results').first()).toContainText('Amended');
  await expect(page.getByTestId('differences')).toContainText('penalty');
  await expect(page.getByTestId('differences').getByRole('row', { name: /penalty 5 s –/ })).toBeVisible();
  await page.getByLabel('Compare', { exact: true }).selectOption('1');
  await page.getByLabel('with', { exact: true }).selectOption('2');
  await expect(page.getByText('Both versions are the same.')).toBeVisible();
  await expect(page.getByTestId('winner')).toContainText('Amended result.');

  await page.getByRole('link', { name: 'To the race' }).click();
  await expect(page.getByTestId('tower')).toBeVisible();
  expect(errors).toEqual([]);
});

test('an undone ruling is struck through', async ({ page }) => {
  const loops = await Loops.open(server, 'Taken back');
  await loops.start();
  await loops.lap();
  await server.post(`${loops.path}/penalties`, {
    kind: 'lap_deleted',
    driver_number: 3,
    lap: 1,
    author: 'Grace',
    reason: 'short cut',
  });
  await desk(page, loops);
  const ruling = list(page, 'rulings').filter({ hasText: 'Lap deleted 3 VER, lap 1' });
  await ruling.getByRole('button').click();
  await fillDialog(page, 'Reason', 'inside the line', 'Undo it');
  await expect(ruling.locator('s')).toHaveText('Lap deleted 3 VER, lap 1');
  await expect(ruling).toContainText('undone');
  await expect(list(page, 'rulings').first()).toContainText('Undone, record');
  await expect(list(page, 'penalties')).toContainText(['undone']);
});

test("an unknown transponder is assigned to a car, and another desk's rulings appear", async ({ page }) => {
  const loops = await Loops.open(server, 'Strangers');
  await loops.start();
  await desk(page, loops);
  await loops.report([1, 0, 90], [2, 0, 91], ['X9', 0, 92]);
  await expect(list(page, 'passings')).toContainText(['Transponder X9']);
  await page.getByRole('button', { name: 'Assign…' }).click();
  await page.getByLabel('Transponder of car').fill('3');
  await button(page, 'Assign').click();
  await expect(page.getByText('No suspect passings')).toBeVisible();
  await expect(list(page, 'rulings').first()).toContainText('Transponder assigned 3 VER');
  await server.post(`${loops.path}/flags`, { flag: 'virtual_safety_car', author: 'Grace' });
  await expect(button(page, 'Virtual safety car')).toHaveAttribute('aria-pressed', 'true');
  await expect(list(page, 'rulings').first()).toContainText('Grace');
});

test('a passing is inserted, another is moved, and both are undone', async ({ page }) => {
  const loops = await Loops.open(server, 'Corrections');
  await loops.start();
  await loops.report([1, 0, 90], [2, 0, 91]);
  await desk(page, loops);
  await page.getByRole('button', { name: 'Insert…' }).click();
  const form = page.getByRole('form', { name: 'Insert a passing' });
  await form.getByLabel('Car').fill('VER');
  await form.getByLabel('Race time').fill('1:32.5');
  await form.getByLabel('Reason').fill('the loop was silent');
  await form.getByRole('button').click();
  await expect(list(page, 'rulings').first()).toContainText('Passing inserted 3 VER, line 0 at 1:32.500');
  await page.getByLabel('Which passings').selectOption('estimated');
  await expect(list(page, 'passings')).toContainText(['1:32.500']);
  await button(page, 'Undo').click();
  await expect(page.getByText('No estimated passings')).toBeVisible();

  await page.getByLabel('Which passings').selectOption('accepted');
  const second = list(page, 'passings').filter({ hasText: '1:31.000' });
  await second.getByRole('button', { name: 'Move…' }).click();
  await second.getByLabel('Move to car').fill('3 VER');
  await second.getByRole('button', { name: 'Move', exact: true }).click();
  await expect(second).toContainText('Passing moved 3 VER');
  await second.getByRole('button', { name: 'Undo' }).click();
  await expect(second).not.toContainText('Passing moved');
});

test('a race is suspended and resumed, then suspended and abandoned', async ({ page }) => {
  const loops = await Loops.open(server, 'Red');
  await loops.start();
  await loops.lap();
  await desk(page, loops);
  await button(page, 'Red flag').click();
  await expect(page.getByText('The race is suspended.')).toBeVisible();
  await expect(button(page, 'Yellow')).toBeDisabled();
  await button(page, 'Resume').click();
  await expect(button(page, 'Clear')).toHaveAttribute('aria-pressed', 'true');
  await button(page, 'Red flag').click();
  await button(page, 'Abandon').click();
  await button(page, 'Cancel').click();
  await expect(page.getByText('The race is suspended.')).toBeVisible();
  await button(page, 'Abandon').click();
  await button(page, 'Abandon it').click();
  await expect(list(page, 'rulings').first()).toContainText('Abandoned');
});

test("a refused ruling returns with the server's message", async ({ page }) => {
  const loops = await Loops.open(server, 'Refused');
  await loops.start();
  await loops.report([1, 0, 90], [1, 0, 100]);
  await desk(page, loops);
  await page.route('**/corrections', (route) =>
    route.fulfill({ status: 409, json: { title: 'Conflict', status: 409, detail: 'the car is out' } }),
  );
  await button(page, 'Accept').click();
  await expect(list(page, 'passings').getByRole('alert')).toHaveText('the car is out');
  await page.route('**/passings?*', (route) => route.fulfill({ status: 500, json: {} }));
  await page.getByLabel('Which passings').selectOption('rejected');
  await expect(page.getByText('This could not be loaded')).toBeVisible();
  await page.unroute('**/passings?*');
  await button(page, 'Retry').click();
  await expect(page.getByText('No rejected passings')).toBeVisible();
});

test('suspect passings are settled by keyboard, one after the other', async ({ page }) => {
  const loops = await Loops.open(server, 'Keys');
  await loops.start();
  await loops.report([1, 0, 90], [2, 0, 91], [1, 0, 100], [2, 0, 101]);
  await desk(page, loops);
  await expect(list(page, 'passings')).toHaveCount(2);
  await button(page, 'Accept').first().focus();
  await page.keyboard.press('Enter');
  await expect(list(page, 'passings')).toHaveCount(1);
  await expect(button(page, 'Accept')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByText('No suspect passings')).toBeVisible();
  await expect(page.getByTestId('passings')).toBeFocused();
});

test('the focus stays on its button, or moves to the title of its panel', async ({ page }) => {
  const loops = await Loops.open(server, 'Focus');
  await desk(page, loops);
  await button(page, 'Start the race').press('Enter');
  await expect(page.getByRole('heading', { name: 'Track status' })).toBeFocused();
  for (const flag of ['Safety car', 'Red flag']) {
    await button(page, flag).press('Enter');
    await expect(button(page, flag)).toHaveAttribute('aria-pressed', 'true');
    await expect(button(page, flag)).toBeFocused();
  }
});

test('a server with a token asks for it, and only the tab remembers it', async ({ page }) => {
  const guarded = new Server('the-token');
  await guarded.start();
  const loops = await Loops.open(guarded, 'Guarded');
  await page.goto(`${guarded.url}/race/${loops.id}/control`);
  await button(page, 'Yellow').click();
  await fillDialog(page, 'Your name', 'Ada', 'Sign');
  await fillDialog(page, 'Token', 'wrong', 'Send');
  await expect(page.getByRole('heading', { name: 'Wrong token' })).toBeVisible();
  await fillDialog(page, 'Token', 'the-token', 'Send');
  await expect(button(page, 'Yellow')).toHaveAttribute('aria-pressed', 'true');
  await button(page, 'Clear').click();
  await expect(button(page, 'Clear')).toHaveAttribute('aria-pressed', 'true');
  const storage = await page.evaluate(() => [
    JSON.stringify({ ...localStorage }),
    JSON.stringify({ ...sessionStorage }),
  ]);
  expect(storage[0]).not.toContain('the-token');
  expect(storage[1]).toContain('the-token');
  expect(await guarded.stop('SIGTERM')).toBe(0);
});

test('a simulated race takes rulings too, and its lists are loaded at most every 2 s', async ({ page }) => {
  const id = await server.createRace({ circuit: 'kartwerk', cars: 20, laps: 4000, speed: 30 });
  await page.addInitScript(() => localStorage.setItem('lightsout.choices', '{"author":"Ada"}'));
  await page.goto(`${server.url}/race/${id}/control`);
  await expect(page.getByTestId('lap')).toContainText(/Lap [1-9]\d*\/4000/);
  // The times of the page's requests for a list, by its own clock.
  const requestTimes = (list: string): Promise<number[]> =>
    page.evaluate(
      (name) =>
        performance
          .getEntriesByType('resource')
          .filter((entry) => new RegExp(`/${name}\\b`).test(entry.name))
          .map((entry) => entry.startTime),
      list,
    );
  for (const list of ['rulings', 'passings', 'results']) {
    await expect.poll(async () => (await requestTimes(list)).length).toBeGreaterThan(2);
    const times = await requestTimes(list);
    const pauses = times.slice(1).map((at, i) => at - (times[i] ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThan(1900);
  }
  await button(page, 'Safety car').click();
  await expect(list(page, 'rulings').filter({ hasText: 'Safety car' })).toContainText(['Ada']);
  await button(page, 'Stop the race').click();
  await button(page, 'Stop it').click();
  await expect(page.getByText('The race is over. Flags can no longer be shown.')).toBeVisible();
});

test('an unknown race has no desk', async ({ page }) => {
  await page.goto(`${server.url}/race/none/control`);
  await expect(page.getByText('There is no such race')).toBeVisible();
});

test.describe('the desk has no overflow and no accessibility violations', () => {
  let loops: Loops;
  test.beforeAll(async () => {
    loops = await Loops.open(server, 'Layout');
    await loops.start();
    await loops.lap();
    await loops.report([2, 0, 101], [1, 1, 120], [1, 1, 215], ['X9', 0, 92]);
    const signed = { author: 'Grace', reason: 'exceeding the track limits for the fourth time' };
    await server.post(`${loops.path}/flags`, { flag: 'yellow', sector: 2, author: 'Grace' });
    await server.post(`${loops.path}/penalties`, {
      kind: 'time',
      driver_number: 3,
      amount_ms: 5000,
      ...signed,
    });
    await server.post(`${loops.path}/stop`, {});
    await server.post(`${loops.path}/result`, signed);
    await server.post(`${loops.path}/penalties`, {
      kind: 'time',
      driver_number: 1,
      amount_ms: 5000,
      ...signed,
    });
  });

  for (const width of [1440, 768, 390]) {
    for (const colorScheme of ['dark', 'light'] as const) {
      test(`${width} px, ${colorScheme}`, async ({ page }) => {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        await desk(page, loops);
        const tabs = page.getByRole('navigation', { name: 'Parts of the page' }).getByRole('button');
        for (let i = 0; i < Math.max(1, width < 700 ? await tabs.count() : 1); i++) {
          if (width < 700) await tabs.nth(i).click();
          const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect(wider).toBeLessThanOrEqual(0);
          expect(await violations(page)).toEqual([]);
        }
        if (width < 700) await tabs.filter({ hasText: 'Rulings' }).click();
        await expect(list(page, 'rulings').first()).toBeVisible();
        await list(page, 'rulings').first().getByRole('button').click();
        await expect(page.getByRole('dialog')).toBeVisible();
        expect(await violations(page)).toEqual([]);
      });
    }
  }
});
