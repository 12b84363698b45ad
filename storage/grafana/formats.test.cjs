// What panels print, by Grafana's own code (@grafana/data): go tool task boards:test
globalThis.navigator ??= { language: 'en-US', languages: ['en-US'] };
const assert = require('node:assert/strict');
const { readFileSync, readdirSync } = require('node:fs');
const { join } = require('node:path');
const { test } = require('node:test');
const { createTheme, FieldType, getDisplayProcessor, getValueFormats } = require('@grafana/data');

const folder = join(__dirname, 'boards');
const boards = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
const panels = boards.flatMap((board) => board.panels.map((panel) => ({ ...panel, board })));
const units = new Set(getValueFormats().flatMap((category) => category.submenu.map((format) => format.value)));

/** Prints values of a panel, or of one of its columns. */
function printer(panel, column) {
  const properties = panel.fieldConfig.overrides.find((o) => o.matcher.options === column)?.properties ?? [];
  const own = Object.fromEntries(properties.map(({ id, value }) => [id, value]));
  const config = { ...panel.fieldConfig.defaults, ...own };
  return (value) =>
    getDisplayProcessor({
      field: { type: typeof value === 'string' ? FieldType.string : FieldType.number, config },
      theme: createTheme(),
      timeZone: panel.board.timezone,
    })(value);
}

const named = (title) => panels.filter((panel) => panel.title === title);

test('every panel and every column has a unit that Grafana knows', () => {
  assert.ok(panels.length > 35);
  for (const panel of panels) {
    const all = [panel.fieldConfig.defaults.unit];
    for (const { properties } of panel.fieldConfig.overrides) {
      all.push(...properties.filter((p) => p.id === 'unit').map((p) => p.value));
    }
    for (const unit of all) {
      assert.ok(units.has(unit) || unit?.startsWith('time:'), `${panel.board.title}, ${panel.title}: unit ${unit}`);
    }
    assert.ok(panel.id > 0 && panel.fieldConfig.defaults.thresholds.steps.length > 0, `${panel.board.title}, ${panel.title}`);
  }
});

test('853 lap times are 853 texts, as the sport writes them', () => {
  const charts = named('Lap times');
  assert.equal(charts.length, 2);
  for (const panel of charts) {
    const print = printer(panel);
    const texts = new Set();
    for (let i = 0; i < 853; i++) texts.add(print(83_000 + 7 * i).text);
    assert.equal(texts.size, 853);
    assert.equal(print(85_432).text, '1:25.432');
    assert.equal(print(59_007).text, '0:59.007');
  }
});

test('a gap has thousandths', () => {
  const [panel] = named('Gap to the leader');
  const { text, suffix } = printer(panel)(1234);
  assert.equal(text + suffix, '1.234 s');
});

test('sectors have thousandths, and one that was not timed is a dash', () => {
  for (const panel of [...named('Best sectors'), ...named('Laps')]) {
    const print = printer(panel, 'S[123]');
    assert.equal(print(27.183).text, '27.183');
    assert.equal(print(65.1).text, '65.100');
    assert.equal(print(0).text, '–');
  }
  assert.equal(printer(named('Best sectors')[0], 'Ideal')(85_432).text, '1:25.432');
  assert.equal(printer(named('Laps')[0], 'Time')(85_432).text, '1:25.432');
});

test('what happened is in words', () => {
  const print = printer(named('What happened')[0], 'What');
  assert.equal(print('flag 2').text, 'Safety car');
  assert.equal(print('pit_in').text, 'Into the pits');
  assert.equal(print('Fastest lap 1:25.432').text, 'Fastest lap 1:25.432');
});

test('the leader is on top, and places have no sign', () => {
  const [panel] = named('Positions');
  const print = printer(panel);
  for (const place of [1, 2, 20, 300]) assert.equal(print(-place).text, String(place));
});

test('tyres, flags and states have words and colours of their own', () => {
  const [tower] = named('Timing tower');
  const colours = new Set();
  for (const [value, text] of [['soft', 'Soft'], ['medium', 'Medium'], ['hard', 'Hard']]) {
    const shown = printer(tower, 'Tyre')(value);
    assert.equal(shown.text, text);
    colours.add(shown.color);
  }
  assert.equal(colours.size, 3);
  assert.equal(printer(tower, 'State')('did_not_start').text, 'Did not start');
  const [flags] = named('Flags');
  assert.equal(printer(flags)(2).text, 'Safety car');
  assert.notEqual(printer(flags)(2).color, printer(flags)(4).color);
  assert.equal(printer(named('Tyres')[0])('soft').text, 'Soft');
});
