import { expect, test } from '@playwright/test';

import { Server } from './server';

// Stands in for a proxy that keeps the path: the server is reached directly, and the browser sees the same.
const server = new Server(null, ['--public-url', 'http://127.0.0.1/lights/']);
test.beforeAll(() => server.start());
test.afterAll(async () => {
  expect(await server.stop('SIGTERM')).toBe(0);
});

test('a race is created, watched and left under a base path', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('request', (request) => {
    if (/^http/.test(request.url()) && !request.url().startsWith(`${server.url}/lights/`))
      errors.push(request.url());
  });
  page.on('websocket', (socket) => {
    if (!socket.url().includes('/lights/live/')) errors.push(socket.url());
  });
  await page.goto(`${server.url}/lights/`);
  await page.getByLabel('Circuit', { exact: true }).selectOption('kartwerk');
  await page.getByRole('button', { name: 'Start the race' }).click();
  await expect(page).toHaveURL(/\/lights\/race\/kartwerk-/);
  await expect(page.getByTestId('connection')).toContainText('Live');
  await page.reload();
  await expect(page.getByTestId('connection')).toContainText('Live');
  await page.getByRole('link', { name: 'History' }).click();
  await expect(page).toHaveURL(/\/lights\/race\/kartwerk-[^/]+\/history/);
  await page.getByRole('link', { name: 'To the race' }).click();
  await page.getByRole('link', { name: 'All races' }).click();
  await expect(page).toHaveURL(`${server.url}/lights/`);
  expect(errors).toEqual([]);
});
