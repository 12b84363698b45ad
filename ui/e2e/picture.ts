import { writeFileSync } from 'node:fs';

import { expect, test, type Page } from '@playwright/test';

import { Server } from './server';

// The size of the screenshot in CSS pixels, and the most bytes of its file.
const size = { width: 1280, height: 800 };
const bytesMax = 300_000;

test.use({ viewport: size, deviceScaleFactor: 2, colorScheme: 'dark', reducedMotion: 'reduce' });

/** A screenshot as WebP, a third of the size of a PNG. Chromium encodes it in another page. */
async function webp(page: Page): Promise<Buffer> {
  const png = (await page.screenshot()).toString('base64');
  const encoder = await page.context().newPage();
  const url = await encoder.evaluate(async (data) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const canvas = document.createElement('canvas');
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext('2d')?.drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.9);
  }, png);
  return Buffer.from(url.replace('data:image/webp;base64,', ''), 'base64');
}

test('the race page, two thirds into a race', async ({ page }) => {
  const out = process.env.PICTURE;
  if (out === undefined)
    throw new Error('PICTURE must say where the picture goes: go tool task docs:picture sets it');
  const server = new Server();
  await server.start();
  try {
    const id = await server.createRace({
      name: 'Port Harbour Grand Prix',
      circuit: 'harbour',
      cars: 20,
      laps: 30,
      seed: 11,
      speed: 40,
    });
    await page.goto(`${server.url}/race/${id}`);
    await expect(page.getByText('Lap 21/30')).toBeVisible();
    const picture = await webp(page);
    expect(picture.byteLength).toBeLessThan(bytesMax);
    writeFileSync(out, picture);
  } finally {
    await server.stop('SIGTERM');
  }
});
