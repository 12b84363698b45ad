import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

// Where `npm run dev` finds the server's API and live line.
const backend = process.env.LIGHTSOUT_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  // The server may stand under a path of another one: what is built refers to its own files from where they are.
  base: './',
  plugins: [svelte(), svelteTesting()],
  build: {
    target: 'es2023',
    // Fonts stay files: inlined they would delay the first paint and could not be preloaded.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Read by .ci/licenses.mjs, and by the test that holds `lightsout licenses` to it.
    license: { fileName: 'licenses.json' },
    // The viewer of the API is a page of its own, which nobody loads who does not open it.
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
