// Runs the end-to-end tests, or another configuration, against the real server in Chromium; skips them without one.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const browser = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (p) => p && existsSync(p),
);
if (!browser) {
  console.log('SKIPPED: no Chromium found (set CHROMIUM=/path)');
  process.exit(0);
}
if (!process.env.LIGHTSOUT_BIN || !existsSync(process.env.LIGHTSOUT_BIN)) {
  console.error('LIGHTSOUT_BIN must be the path of a built lightsout: go tool task test:e2e sets it');
  process.exit(2);
}
const config = process.argv[2] ?? 'e2e/playwright.config.ts';
const run = spawnSync('npx', ['playwright', 'test', '--config', config], {
  stdio: 'inherit',
  env: { ...process.env, CHROMIUM: browser },
});
process.exit(run.status ?? 1);
