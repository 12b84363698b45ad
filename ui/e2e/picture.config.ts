import { defineConfig } from '@playwright/test';

import base from './playwright.config';

// Takes the screenshot of the README; `go tool task docs:picture` runs it. The other configuration runs *.spec.ts
// only.
export default defineConfig({ ...base, testMatch: 'picture.ts', outputDir: '../test-results/picture' });
