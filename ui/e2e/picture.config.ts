import { defineConfig } from '@playwright/test';

import base from './playwright.config';

// Takes the picture of the README; `go tool task docs:picture` calls it. The other configuration runs *.spec.ts only.
export default defineConfig({ ...base, testMatch: 'picture.ts', outputDir: '../test-results/picture' });
