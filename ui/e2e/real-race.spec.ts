import { expect, test, type Locator, type Page } from '@playwright/test';

import { Server } from './server';

const server = new Server();
test.beforeAll(() => server.start());
test.afterAll(async () => {
  expect(await server.stop('SIGTERM')).toBe(0);
});

type Passing = readonly [car: number, second: number];

/** Creates a race of real cars D01, D02 … with a finish line only. */
async function open(cars: readonly string[], laps: number, rules = {}): Promise<string> {
  return server.createRace({
    kind: 'external',
    name: 'Out of order',
    rules: { name: 'kart', laps, ...rules },
    entries: cars.map((name_acronym, i) => ({ driver_number: i + 1, name_acronym, grid_position: i + 1 })),
  });
}
const report = (id: string, passings: readonly Passing[]): Promise<unknown> =>
  server.post(`/races/${id}/passings`, {
    passings: passings.map(([driver_number, second]) => ({
      driver_number,
      time_us: Math.round(second * 1e6),
    })),
  });
const penalise = (id: string, kind: string, driver_number: number): Promise<unknown> =>
  server.post(`/races/${id}/penalties`, { kind, driver_number, author: 'Grace', reason: 'stewards' });

const rows = (page: Page) => page.getByTestId('cars').locator('tr[data-car]');
const feed = (page: Page) => page.getByRole('log').getByRole('listitem');
const towerOrder = (page: Page): Promise<string[]> =>
  rows(page).evaluateAll((list) =>
    list.map(
      (row) => `${row.querySelector('td')?.textContent.trim()} ${row.querySelector('bdi')?.textContent}`,
    ),
  );
const starredCars = (page: Page): Promise<string[]> =>
  page
    .getByTestId('tower')
    .getByText('★')
    .evaluateAll((stars) => stars.map((s) => s.closest('tr')?.querySelector('bdi')?.textContent ?? ''));

test('a race reported out of order has one chequered flag, one winner and one star', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  const id = await open(['D01', 'D02', 'D03'], 3);
  await server.post(`/races/${id}/start`, {});
  await page.goto(`${server.url}/race/${id}`);
  await expect(rows(page)).toHaveCount(3);

  // D02 leads throughout; its last two crossings arrive last, and D01's laps in reverse.
  await report(id, [[3, 62]]);
  await report(id, [
    [1, 183],
    [3, 124],
    [1, 122],
  ]);
  await expect(page.getByTestId('lap')).toContainText('Lap 3/3');
  await report(id, [
    [2, 60],
    [3, 186],
    [1, 61],
  ]);
  await expect(feed(page).filter({ hasText: 'Chequered flag for D01' })).toHaveCount(1);
  await report(id, [[2, 119]]);
  await report(id, [[2, 179]]);
  await expect(feed(page).filter({ hasText: 'Chequered flag' })).toHaveText([/Chequered flag for D02/]);
  await expect.poll(() => towerOrder(page)).toEqual(['1⚑finished D02', '2⚑finished D01', '3⚑finished D03']);
  expect(await starredCars(page)).toEqual(['D02']); // 59 s in lap 2; the earlier best has lost its star

  await server.post(`/races/${id}/stop`, {});
  await expect(feed(page).first()).toContainText('Provisional result: D02 leads');
  await expect(page.getByTestId('winner')).toContainText('D02 leads after 3 laps');
  await server.post(`/races/${id}/result`, { author: 'Grace', reason: 'no protest' });
  await expect(feed(page).first()).toContainText('The result is final: D02 wins');
  await penalise(id, 'disqualified', 2);
  await expect(feed(page).filter({ hasText: /result|Result/ })).toHaveText([
    /The result was amended: D01 wins/,
  ]);
  await expect.poll(() => towerOrder(page)).toEqual(['1⚑finished D01', '2⚑finished D03', 'DSQ D02']);
  await expect(page.getByTestId('winner')).toContainText('D01 wins');
  expect((await starredCars(page)).length).toBeLessThanOrEqual(1);
  await expect(page.getByTestId('tower')).not.toContainText('OUT');
  expect(errors).toEqual([]);

  // A page opened now shows the same as the one that watched the race.
  const watched = [await towerOrder(page), await feed(page).allInnerTexts()];
  await page.reload();
  await expect(rows(page)).toHaveCount(3);
  expect([await towerOrder(page), await feed(page).allInnerTexts()]).toEqual(watched);
});

test('an aborted start shortens the race everywhere, and a car that did not start has no position', async ({
  page,
}) => {
  const id = await open(['D01', 'D02'], 5);
  await page.goto(`${server.url}/race/${id}`);
  await server.post(`/races/${id}/start`, {});
  await expect(page.getByTestId('lap')).toContainText('Lap 1/5');
  await server.post(`/races/${id}/flags`, { flag: 'start_aborted', author: 'Grace' });
  await expect(page.getByTestId('lap')).toContainText('Lap 1/4');
  await penalise(id, 'did_not_start', 1);
  await report(id, [[2, 60]]);
  await expect.poll(() => towerOrder(page)).toEqual(['1 D02', 'DNS D01']);
  await page.goto(server.url);
  await expect(page.getByTestId('races').getByRole('listitem').first()).toContainText('lap 2 of 4');
  await page.goto(`${server.url}/race/${id}/history`);
  await expect(page.getByText('Lap 2 of 4')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Cars shown' })).toContainText('DNS');
});

/** The left edges of words in a line. */
const lefts = (line: Locator, words: readonly string[]): Promise<number[]> =>
  line.evaluate(
    (element, wanted) =>
      wanted.map((words) => {
        const texts = document.createNodeIterator(element, NodeFilter.SHOW_TEXT);
        for (let node = texts.nextNode(); node; node = texts.nextNode()) {
          const at = node.textContent?.indexOf(words) ?? -1;
          if (at < 0) continue;
          const range = document.createRange();
          range.setStart(node, at);
          range.setEnd(node, at + words.length);
          return range.getBoundingClientRect().left;
        }
        throw new Error(`no ${words} in ${element.textContent}`);
      }),
    words,
  );
async function expectVisualOrder(line: Locator, words: readonly string[]): Promise<void> {
  const at = await lefts(line, words);
  expect(words.toSorted((a, b) => (at[words.indexOf(a)] ?? 0) - (at[words.indexOf(b)] ?? 0))).toEqual(words);
}

test('right-to-left names do not reorder a sentence', async ({ page }) => {
  const id = await open(['سام', 'דנה'], 5);
  await server.post(`/races/${id}/start`, {});
  await report(id, [
    [2, 60],
    [1, 61],
    [2, 119.5],
  ]);
  await server.post(`/races/${id}/penalties`, {
    kind: 'time',
    driver_number: 2,
    amount_ms: 5000,
    author: 'גרייס',
    reason: 'חצה קו',
  });
  await page.goto(`${server.url}/race/${id}`);
  const fastest = feed(page).filter({ hasText: 'sets the fastest lap' });
  await expectVisualOrder(fastest.locator('.text'), ['דנה', 'sets', 'lap:', '59.500']);
  await rows(page).first().click();
  await expect(page.getByTestId('car-announcement')).toHaveText('\u2068דנה\u2069 P1, Leader');
  await page.goto(`${server.url}/race/${id}/control`);
  const ruling = page.getByTestId('rulings').getByRole('listitem').first();
  await expect(ruling).toContainText('Time penalty 2 דנה, 5 s');
  await expectVisualOrder(ruling.locator('.summary'), ['Time', '2', 'דנה', ', ', '5 s']);
  await expectVisualOrder(ruling.locator('.reason'), ['חצה', ' · ', 'גרייס', 'at']);
});

test('a race of real cars is created in the form, and the first crossing starts lap 1', async ({ page }) => {
  await page.addInitScript(() => localStorage.setItem('lightsout.choices', '{"author":"Ada"}'));
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Real cars' }).click();
  const form = page.getByRole('form', { name: 'A race of real cars' });
  await form.getByLabel('Laps').fill('2');
  await form.getByLabel('Cars').fill('7, ANN, Ann Archer, Club, T7\nBOB');
  await form.getByRole('button', { name: 'Create the race' }).click();
  await expect(form.getByRole('alert')).toContainText('Enter a name for the race');
  await expect(form.getByRole('alert')).toContainText("Line 2: must start with the car's number");
  await form.getByLabel('Name').fill('Rolling start');
  await form.getByLabel('Cars').fill('7, ANN, Ann Archer, Club, T7\n9, BOB, Bob Baker, Club, T9');
  await form.getByLabel('The grid is behind the line, or the start is rolling').check();
  await form.getByRole('button', { name: 'Create the race' }).click();
  await expect(page).toHaveURL(/\/race\/race-.*\/control$/);
  await page.getByRole('button', { name: 'Start the race' }).click();
  await expect(page.getByTestId('lap')).toContainText('Lap 1/2');
  const id = /race\/(.*)\/control/.exec(page.url())?.[1] ?? '';
  const report = (transponder: string, second: number) =>
    server.post(`/races/${id}/passings`, { transponder, time_us: second * 1_000_000 });
  for (const [transponder, second] of [
    ['T7', 12],
    ['T9', 13],
    ['T7', 72],
  ] as const)
    await report(transponder, second);
  await page.getByRole('link', { name: 'To the race' }).click();
  await expect(rows(page).first()).toContainText('1:00.000'); // not 1:12: the first crossing started lap 1
  await expect(page.getByTestId('lap')).toContainText('Lap 2/2');
  await report('T7', 133);
  await expect(feed(page).first()).toContainText('Chequered flag for ANN');
});
