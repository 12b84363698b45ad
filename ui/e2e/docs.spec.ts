import { expect, test } from '@playwright/test';

import { Server } from './server';

const server = new Server('s3cret');
test.beforeAll(() => server.start());
test.afterAll(async () => {
  expect(await server.stop('SIGTERM')).toBe(0);
});

/** The number of operations in the API description. */
async function operations(): Promise<number> {
  const response = await fetch(`${server.url}/api/v1/openapi.json`);
  const { paths } = (await response.json()) as { paths: Record<string, object> };
  return Object.values(paths).reduce((sum, methods) => sum + Object.keys(methods).length, 0);
}

test('the API viewer shows all operations, tries them with the token, and contacts no other server', async ({
  page,
}) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      errors.push(message.text());
  });
  page.on('request', (request) => {
    if (!/^(data:|blob:)/.test(request.url()) && !request.url().startsWith(server.url))
      errors.push(request.url());
  });
  await page.goto(`${server.url}/docs`);
  await expect(page.getByRole('heading', { name: /Lights Out/ })).toBeVisible();
  await expect(page.locator('.opblock')).toHaveCount(await operations());
  await page.locator('#operations-races-listRaces .opblock-summary-control').click();
  await page.getByRole('button', { name: 'Try it out' }).click();
  await page.getByRole('button', { name: 'Execute' }).click();
  await expect(page.locator('.live-responses-table .response-col_status').last()).toContainText('200');
  await page.locator('#operations-races-listRaces .opblock-summary-control').click();

  await page.locator('#operations-races-deleteRace .opblock-summary-control').click();
  await page.getByRole('button', { name: 'Try it out' }).click();
  await page.getByRole('button', { name: 'Execute' }).click();
  const status = page.locator('.live-responses-table .response-col_status').last();
  await expect(status).toContainText('401');
  await page.getByRole('button', { name: 'Authorize' }).click();
  await page.locator('.auth-container input').fill('s3cret');
  await page.locator('.auth-btn-wrapper').getByRole('button', { name: 'Apply credentials' }).click();
  await page.locator('.auth-btn-wrapper').getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Execute' }).click();
  await expect(status).toContainText('404');
  expect(errors).toEqual([]);
});
