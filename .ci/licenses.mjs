#!/usr/bin/env node
// Writes the licences of all that the binary contains to cmd/lightsout/licenses.txt; go tool task licenses calls it.
// google/go-licenses finds the licence of each Go package, Vite those of the packages and fonts in the page
// (ui/dist/licenses.json, see build.license in ui/vite.config.ts). This script adds the notices that lie beside them.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

const classifier = 'github.com/google/go-licenses@v1.6.0';
const program = './cmd/lightsout';
const target = 'cmd/lightsout/licenses.txt';
const systems = ['linux', 'darwin', 'windows'];
const notice = /^(NOTICE|PATENTS|LICENSE-(?!LOGO)[\w-]+)(\.(txt|md))?$/i;

process.chdir(join(import.meta.dirname, '..'));
const scratch = mkdtempSync(join(tmpdir(), 'licenses-'));

function run(env, command, ...args) {
  return execFileSync(command, args, { env: { ...process.env, ...env }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 });
}

function lines(text) {
  return text.split('\n').filter((line) => line !== '');
}

/** The texts of a licence file and of the notices beside it. */
function texts(file) {
  const folder = dirname(file);
  const beside = readdirSync(folder).filter((name) => notice.test(name));
  return [file, ...beside.map((name) => join(folder, name))].map((path) => readFileSync(path, 'utf8'));
}

/** The modules that the program links on some system, each with the licences of its packages. */
function goModules() {
  const template = join(scratch, 'libraries.tmpl');
  writeFileSync(template, '{{range .}}{{.Name}}\t{{.LicenseName}}\t{{.LicensePath}}\n{{end}}');
  const modules = new Map();
  for (const GOOS of systems) {
    const env = { GOOS, CGO_ENABLED: '0' };
    const format = '{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}';
    for (const line of lines(run(env, 'go', 'list', '-deps', '-f', format, program))) {
      const [name, version, dir] = line.split('\t');
      if (!modules.has(name)) modules.set(name, { name, version, dir, found: new Map() });
    }
    // Built for this machine, run for that system.
    const report = run(env, join(scratch, 'go-licenses'), 'report', '--ignore', 'lightsout', '--template', template, program);
    for (const line of lines(report)) {
      const [name, licence, file] = line.split('\t');
      const owners = [...modules.values()].filter((m) => name === m.name || name.startsWith(`${m.name}/`));
      const owner = owners.sort((a, b) => b.name.length - a.name.length)[0];
      if (owner === undefined) throw new Error(`${name} is in no module`);
      if (file !== '') owner.found.set(file, licence);
    }
  }
  return [...modules.values()].map(({ name, version, dir, found }) => {
    if (found.size === 0) {
      // The classifier does not know the text: it is printed all the same.
      const file = readdirSync(dir).find((entry) => /^(licen[sc]e|copying)/i.test(entry));
      if (file === undefined) throw new Error(`${name} has no licence`);
      found.set(join(dir, file), 'see its text');
    }
    const files = [...found.keys()].sort();
    const parts = files.map((file) => ({ part: relative(dir, dirname(file)), texts: texts(file) }));
    return { name, version, licence: [...new Set(files.map((f) => found.get(f)))].join(', '), parts };
  });
}

/** The packages and fonts in the page. */
function pagePackages() {
  return JSON.parse(readFileSync('ui/dist/licenses.json', 'utf8')).map(({ name, version, identifier, text }) => {
    if (text === undefined) throw new Error(`${name} has no licence`);
    const folder = join('ui/node_modules', name);
    // swagger-ui-dist is a bundle itself and lists what it contains.
    const beside = existsSync(folder) ? readdirSync(folder).filter((f) => notice.test(f) || f === 'swagger-ui-es-bundle.js.LICENSE.txt') : [];
    return { name, version, licence: identifier ?? 'see its text', parts: [{ part: '', texts: [text, ...beside.map((f) => readFileSync(join(folder, f), 'utf8'))] }] };
  });
}

function goItself() {
  const text = readFileSync(join(run({}, 'go', 'env', 'GOROOT').trim(), 'LICENSE'), 'utf8');
  return { name: 'Go', version: 'standard library and runtime', licence: 'BSD-3-Clause', parts: [{ part: '', texts: [text] }] };
}

function write(sections) {
  const all = sections.flatMap(({ items }) => items);
  const width = Math.max(...all.map(({ name, version }) => `${name} ${version}`.length));
  const out = ['Lights Out', '', readFileSync('LICENSE', 'utf8').trim(), '', 'The program contains the software below, under the licences that follow.'];
  for (const { title, items } of sections) {
    out.push('', title);
    for (const { name, version, licence } of items) out.push(`  ${`${name} ${version}`.padEnd(width)}  ${licence}`);
  }
  // The same text is printed once, under the names of all that it belongs to.
  const byText = new Map();
  for (const { name, version, parts } of all) {
    for (const { part, texts } of parts) {
      for (const text of texts) {
        const clean = text.replaceAll('\r\n', '\n').replaceAll(/[ \t]+$/gm, '').replace(/^\n+/, '').trimEnd();
        const key = clean.replaceAll(/\s+/g, ' ');
        if (!byText.has(key)) byText.set(key, { clean, names: new Set() });
        byText.get(key).names.add(part === '' ? `${name} ${version}` : `${name} ${version}, folder ${part}`);
      }
    }
  }
  for (const { clean, names } of byText.values()) out.push('', '-'.repeat(80), ...names, '', clean);
  writeFileSync(target, out.join('\n') + '\n');
}

function byName(a, b) {
  return a.name < b.name ? -1 : 1;
}

try {
  run({ GOBIN: scratch }, 'go', 'install', classifier);
  write([
    { title: 'Go modules', items: [goItself(), ...goModules().sort(byName)] },
    { title: 'Packages and fonts in the page', items: pagePackages().sort(byName) },
  ]);
} finally {
  rmSync(scratch, { recursive: true });
}
