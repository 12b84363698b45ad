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

async function desk(page: Page, loops: Loops): Promise<void> {
  await page.addInitScript(() => localStorage.setItem('lightsout.choices', '{"author":"Ada"}'));
  await page.goto(`${server.url}/race/${loops.id}/control`);
  await expect(page.getByRole('heading', { name: 'Track status' })).toBeVisible();
}
async function race(name: string): Promise<Loops> {
  const loops = await Loops.open(server, name);
  await loops.start();
  return loops;
}
async function violations(page: Page): Promise<string[]> {
  const found = (await new AxeBuilder({ page }).analyze()).violations;
  return found.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`);
}

test('after a stop at a race time, later passings say why they do not count, and a late one what it would change', async ({
  page,
}) => {
  const loops = await race('Late');
  await loops.lap();
  await loops.report([1, 0, 180], [2, 0, 181], [1, 0, 300]);
  await desk(page, loops);
  await button(page, 'Stop the race').click();
  await page.getByLabel('Race time of the end').fill('soon');
  await button(page, 'Stop it').click();
  await expect(page.getByText('Enter a race time, for example 1:02:03.456')).toBeVisible();
  await page.getByLabel('Race time of the end').fill('4:00');
  await expect(page.getByText('Passings after 4:00.000 do not count.')).toBeVisible();
  await button(page, 'Stop it').click();
  await expect(page.getByTestId('winner')).toContainText('NOR leads after 2 laps');
  await page.getByLabel('Which passings').selectOption('after_the_end');
  await expect(list(page, 'passings')).toContainText([/5:00\.000.*after the end.*was stopped at 4:00\.000/s]);
  await expect(list(page, 'passings').getByRole('button', { name: 'Accept' })).toHaveCount(0);

  await button(page, 'Declare final').click();
  await button(page, 'Declare it final').click();
  await expect(list(page, 'results').first()).toContainText('Final');
  await loops.report([3, 0, 179]);
  await page.getByLabel('Which passings').selectOption('suspect');
  const late = list(page, 'passings').filter({ hasText: '2:59.000' });
  await expect(late).toContainText(/car 3 has 2 laps instead of 1 .*car 3 wins instead of car 1/);
  await expect(page.getByText('The result is final. A later passing')).toBeVisible();
  await expect(page.getByTestId('winner')).toContainText('NOR wins');
  await late.getByRole('button', { name: 'Accept' }).click();
  await expect(page.getByTestId('winner')).toContainText(
    'VER wins after 2 laps in 2:59.000. Amended result.',
  );
  await expect(page.getByText('No suspect passings')).toBeVisible();
});

test('a deleted lap stays deleted when a correction changes its number', async ({ page }) => {
  const loops = await race('Deleted');
  await loops.lap();
  await loops.report([1, 0, 170], [1, 0, 260]);
  await desk(page, loops);
  await page.getByLabel('Car', { exact: true }).fill('nor');
  await page.getByLabel('Penalty').selectOption('lap_deleted');
  const laps = page.getByLabel('Lap', { exact: true });
  await laps.selectOption({ label: '2 · 1:20.000 · ended at 2:50.000 · fastest of the race' });
  await expect(page.getByText('Lap 2, ended at 2:50.000, will not count as a best lap')).toBeVisible();
  await page.getByLabel('Reason', { exact: true }).fill('short cut');
  const sent = page.waitForRequest('**/penalties');
  await button(page, 'Give the penalty').click();
  expect((await sent).postDataJSON()).toMatchObject({ lap: 2, passing: expect.any(Number) });
  await expect(list(page, 'rulings').first()).toContainText('Lap deleted 1 NOR, lap 2');
  // An earlier crossing makes it lap 3; the same lap stays deleted.
  await server.post(`${loops.path}/corrections`, {
    kind: 'insert',
    driver_number: 1,
    line: 0,
    at_us: 45_000_000,
    author: 'Grace',
    reason: 'the loop was silent',
  });
  await page.getByLabel('Car', { exact: true }).fill('1');
  await expect(
    laps.locator('option', { hasText: /^3 · 1:20\.000 · ended at 2:50\.000 · deleted$/ }),
  ).toBeDisabled();
});

test('moving the start signal moves all race times', async ({ page }) => {
  const loops = await race('Moved');
  await loops.lap();
  await desk(page, loops);
  await button(page, 'Move the start…').click();
  const form = page.getByRole('form', { name: 'Move the start signal' });
  await form.getByLabel('By', { exact: true }).fill('2.5');
  await expect(form).toContainText('1:30.000 becomes 1:27.500');
  await form.getByLabel('Reason').fill('the clerk was early');
  await form.getByRole('button').click();
  await expect(form).toBeHidden();
  await expect(list(page, 'rulings').first()).toContainText(
    'Start signal moved, the start signal by +2.500 s',
  );
  await page.getByLabel('Which passings').selectOption('accepted');
  await expect(list(page, 'passings').filter({ hasText: '1:27.500' })).toHaveCount(1);
  await list(page, 'rulings').first().getByRole('button').click();
  await page.getByRole('dialog').getByLabel('Reason').fill('she was not');
  await button(page, 'Undo it').click();
  await expect(list(page, 'passings').filter({ hasText: '1:30.000' })).toHaveCount(1);
});

test('a transponder is reassigned from a passing on, and one session of a decoder gets an offset', async ({
  page,
}) => {
  const loops = await race('Handed on');
  await loops.report(['T1', 0, 90], ['T2', 0, 91], ['T1', 0, 180], ['T1', 0, 270]);
  await desk(page, loops);
  await page.getByLabel('Which passings').selectOption('accepted');
  const at = (time: string) => list(page, 'passings').filter({ hasText: time });
  await at('3:00.000').getByRole('button', { name: 'Move…' }).click();
  await at('3:00.000').getByLabel('Move to car').fill('VER');
  await at('3:00.000').getByLabel('What moves').selectOption('from');
  await expect(at('3:00.000')).toContainText(
    'From 3:00.000 on, transponder T1 belongs to 3 VER; earlier passings keep their car.',
  );
  await at('3:00.000').getByRole('button', { name: 'Assign' }).click();
  await expect(at('3:00.000')).toContainText('3 VER');
  await expect(at('4:30.000')).toContainText('3 VER');
  await expect(at('1:30.000')).toContainText('1 NOR');

  await at('1:31.000').getByRole('button', { name: 'Clock…' }).click();
  await at('1:31.000').getByLabel('Seconds to add').fill('-0.25');
  await expect(at('1:31.000')).toContainText('All passings of session 1 of main, past and future');
  await at('1:31.000').getByRole('button', { name: 'Set the offset' }).click();
  await expect(at('1:30.750')).toContainText('2 PIA');
  await expect(list(page, 'rulings').first()).toContainText('decoder main by -0.250 s, session 1');
  await at('1:30.750').getByRole('button', { name: 'Clock…' }).click();
  await expect(at('1:30.750')).toContainText('Set earlier, by ruling');
});

for (const width of [1440, 768, 390]) {
  for (const colorScheme of ['dark', 'light'] as const) {
    test(`the forms have no overflow and no accessibility violations at ${width} px, ${colorScheme}`, async ({
      page,
    }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      const loops = await race('Layout of forms');
      await loops.lap();
      await loops.report(['X9', 0, 92], ['X8', 0, 93]);
      await desk(page, loops);
      const showTab = (name: string): Promise<void> =>
        width < 700 ? button(page, name).click() : Promise.resolve();
      const expectNoLayoutIssues = async (): Promise<void> => {
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
        ).toBeLessThanOrEqual(0);
        expect(await violations(page)).toEqual([]);
      };
      await button(page, 'Move the start…').click();
      await expectNoLayoutIssues();
      await showTab('Penalties');
      await page.getByLabel('Car', { exact: true }).fill('1');
      await page.getByLabel('Penalty').selectOption('lap_deleted');
      await page.getByLabel('Lap', { exact: true }).selectOption({ index: 1 });
      await expectNoLayoutIssues();
      await showTab('Passings');
      await list(page, 'passings').first().getByRole('button', { name: 'Assign…' }).click();
      await list(page, 'passings').nth(1).getByRole('button', { name: 'Clock…' }).click();
      await expectNoLayoutIssues();
      await page.goto(server.url);
      await button(page, 'Real cars').click();
      await expectNoLayoutIssues();
    });
  }
}
