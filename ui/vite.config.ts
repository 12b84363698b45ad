import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

// The server whose API and live connections `npm run dev` proxies.
const backend = process.env.LIGHTSOUT_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  // The server may run under a path of another site, so built files refer to each other relatively.
  base: './',
  plugins: [svelte(), svelteTesting()],
  build: {
    target: 'es2023',
    // Fonts stay files: inlined, they would delay the first paint and could not be preloaded.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Read by .ci/licenses.mjs, and by the test that holds `lightsout licenses` to it.
    license: { fileName: 'licenses.json' },
    // The API viewer is a separate page, loaded only when it is opened.
    rollupOptions: { input: ['index.html', 'docs.html'] },
  },
  server: {
    proxy: {
      '/api': backend,
      '/live': { target: backend.replace(/^http/, 'ws'), ws: true },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts'],
    setupFiles: ['src/test/setup.ts'],
  },
});
