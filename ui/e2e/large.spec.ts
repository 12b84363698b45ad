import { decode } from '@msgpack/msgpack';
import { expect, test, type Page } from '@playwright/test';

import { Server } from './server';

const CARS = 2000;
const ROW = 32;

const server = new Server();
test.beforeAll(() => server.start());
test.afterAll(async () => expect(await server.stop('SIGTERM')).toBe(0));

const tower = (page: Page) => page.getByRole('region', { name: 'Timing tower' });
const rows = (page: Page) => page.getByTestId('cars').locator('tr[data-car]');
const scroll = (page: Page, place: number) => tower(page).evaluate((e, y) => e.scrollTo(0, y), ROW * place);

/** The driver numbers in the order of the tower, as a spectator gets it who has just come: whole, in a snapshot. */
async function serverOrder(page: Page, id: string): Promise<readonly number[]> {
  const data = await page.evaluate(
    (path) =>
      new Promise<number[]>((resolve, reject) => {
        const socket = new WebSocket(path);
        socket.binaryType = 'arraybuffer';
        socket.onerror = () => reject(new Error(`no connection to ${path}`));
        socket.onmessage = ({ data: message }) => {
          socket.close();
          resolve([...new Uint8Array(message as ArrayBuffer)]);
        };
      }),
    `${server.url.replace('http', 'ws')}/live/${id}`,
  );
  // transport/WIRE.md: the entries of a snapshot and its order, 4 bytes a car.
  const snapshot = decode(Uint8Array.from(data)) as readonly unknown[];
  const [type, entries, order] = [snapshot[1], snapshot[5] as readonly [number][], snapshot[7] as Uint8Array];
  expect(type).toBe(1);
  const columns = new DataView(order.buffer, order.byteOffset, order.byteLength);
  return entries.map((_, place) => entries[columns.getUint32(4 * place, true)]?.[0] ?? NaN);
}

/** The rendered rows: place from 1 and driver number. */
const visibleRows = (page: Page) =>
  rows(page).evaluateAll((all) =>
    all.map((row) => {
      const number = Number.parseInt(row.querySelector('th')?.title ?? '');
      return [Number(row.getAttribute('aria-rowindex')) - 1, number] as const;
    }),
  );

/** Waits until the rendered rows around a place match the server's order. */
async function expectServerOrder(page: Page, id: string, place: number): Promise<void> {
  await expect
    .poll(async () => {
      const [now, truth] = [await visibleRows(page), await serverOrder(page, id)];
      const inView = now.some(([at]) => at === place + 1) && now.length > 20;
      return inView && now.every(([at, number]) => truth[at - 1] === number);
    })
    .toBe(true);
}

test('in a field of 2,000 cars a spectator receives what it watches, and little else', async ({ page }) => {
  const id = await server.createRace({ circuit: 'kartwerk', cars: CARS, laps: 1000, speed: 4 });
  const line = await page.context().newCDPSession(page);
  await line.send('Network.enable');
  let bytes = 0;
  line.on('Network.webSocketFrameReceived', ({ response }) => {
    bytes += Buffer.from(response.payloadData, 'base64').length;
  });
  await page.goto(`${server.url}/race/${id}`);
  await expect(rows(page).first()).toBeVisible();

  // A pinned car is kept up to date although its place is not in view.
  await scroll(page, 700);
  await rows(page).nth(10).click();
  await page.keyboard.press('p');
  const pinned = page.getByTestId('pinned').locator('tr');
  const number = await pinned.evaluate((row) => Number.parseInt(row.querySelector('th')?.title ?? ''));
  await scroll(page, 1500);

  const before = bytes;
  const seconds = 10;
  await page.waitForTimeout(1000 * seconds);
  const rate = (bytes - before) / seconds;
  expect(rate).toBeGreaterThan(1000);
  expect(rate).toBeLessThan(30_000);

  await server.post(`/races/${id}/pause`, {});
  await expectServerOrder(page, id, 1500);
  // Asked again each time: what was accepted before the pause may still be on its way.
  const misplaced = async (): Promise<number> => {
    const place = (await serverOrder(page, id)).indexOf(number) + 1;
    return Number((await pinned.locator('td').first().textContent())?.trim()) - place;
  };
  await expect.poll(misplaced).toBe(0);
  // Places that come into view while the race is paused are sent as well.
  for (const at of [0, 400, 1970]) {
    await scroll(page, at);
    await expectServerOrder(page, id, Math.min(at, CARS - 25));
  }

  // After a restart of the server the page sends its look again; a newly opened page shows the same.
  await server.stop('SIGKILL');
  await server.start();
  await expect(page.getByTestId('connection')).toHaveText('Paused');
  await server.post(`/races/${id}/resume`, {});
  await scroll(page, 1000);
  await page.waitForTimeout(3000);
  await server.post(`/races/${id}/pause`, {});
  await expect(page.getByTestId('connection')).toHaveText('Paused');
  const newPage = await page.context().newPage();
  await newPage.goto(`${server.url}/race/${id}`);
  await expect(rows(newPage).first()).toBeVisible();
  await scroll(newPage, 1000);
  const some = async (of: Page): Promise<string> => JSON.stringify((await visibleRows(of)).slice(0, 25));
  await expect.poll(() => some(newPage)).toContain('[[996,');
  await expect.poll(() => some(page)).toBe(await some(newPage));
});
