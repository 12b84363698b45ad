import { fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Passing } from '../api';
import { settings } from '../choices';
import { Prompts } from '../dialog';
import type { Entry } from '../live';
import { Desk } from './desk.svelte';
import MoveStart from './MoveStart.svelte';
import PassingRow from './PassingRow.svelte';
import PenaltyForm from './PenaltyForm.svelte';
import { askStopTime } from './stop-question';

const entries: Entry[] = [
  { number: 1, code: 'ANN', name: 'Ann', team: '', colour: '#fff', grid: 1 },
  { number: 2, code: 'سام', name: 'سامي', team: '', colour: '#fff', grid: 2 },
];
const passing: Passing = {
  seq: 15,
  driver_number: 1,
  line: 0,
  time_us: 118_000_000,
  verdict: 'suspect',
  reason: 'received after the result was final: accepted, car 1 has 3 laps instead of 2; car 1 wins',
  split_us: null,
  decoder: 'main',
  session: 'b',
  sequence: 9,
  transponder: 'T1',
};
const lap = (lap_number: number, passing: number, more = {}) => ({
  lap_number,
  passing,
  lap_duration_ms: 60_000 + lap_number,
  end_ms: 60_000 * lap_number,
  is_deleted: false,
  mark: 'slower',
  ...more,
});

/** The requests sent, by the last part of the path. */
const sent: (readonly [path: string, body: unknown])[] = [];

beforeEach(() => {
  settings.author = 'Ada';
  sent.length = 0;
  vi.stubGlobal('fetch', (url: string, { method, body }: { method: string; body: string }) => {
    if (method === 'POST') sent.push([url.replace(/.*\//, ''), JSON.parse(body)]);
    return Promise.resolve(
      Response.json({
        rulings: [],
        results: [],
        passings: [],
        laps: [lap(1, 31), lap(2, 32, { mark: 'session_best' }), lap(3, 33, { is_deleted: true })],
        decoders: [{ decoder: 'main', passings: 1204, offset_us: 0, lag_ms: 230 }],
      }),
    );
  });
});
afterEach(() => vi.unstubAllGlobals());

function row(more: Partial<Passing> = {}): void {
  render(PassingRow, {
    desk: new Desk('r', () => 0),
    passing: { ...passing, ...more },
    entries,
    lines: [],
    rulingInForce: null,
    reason: 'seen on video',
    onsettle: vi.fn(),
  });
}
const press = (name: string | RegExp): Promise<boolean> =>
  fireEvent.click(screen.getByRole('button', { name }));
const fill = (label: string | RegExp, value: string): Promise<boolean> =>
  fireEvent.input(screen.getByLabelText(label), { target: { value } });
const choose = (label: string | RegExp, value: string): Promise<boolean> =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
const body = { author: 'Ada', reason: 'seen on video' };

test('a late passing shows what accepting it would change', async () => {
  row();
  expect(screen.getByText(/^Received after the result was final.*car 1 wins\.$/)).toBeTruthy();
  await press('Accept');
  await vi.waitFor(() => expect(sent).toEqual([['corrections', { ...body, kind: 'accept', of: 15 }]]));
});

test('a passing after the end shows the reason and cannot be accepted', () => {
  row({ verdict: 'after_the_end', reason: 'the race was stopped at 1:50.000' });
  expect(screen.getByText('after the end')).toBeTruthy();
  expect(screen.getByText('The race was stopped at 1:50.000.')).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Accept' })).toBeNull();
});

test('a passing is moved alone, or its transponder is assigned from then on or for the whole race', async () => {
  row();
  await press('Move…');
  await fill('Move to car', '2');
  expect(screen.getByText(/Only this passing moves to 2 /)).toBeTruthy();
  await choose('What moves', 'from');
  expect(
    screen.getByText(/From 1:58\.000 on, transponder T1 belongs to 2 .*earlier passings keep their car/),
  ).toBeTruthy();
  await press('Assign');
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  await choose('What moves', 'all');
  await press('Assign');
  await vi.waitFor(() => expect(sent).toHaveLength(2));
  await choose('What moves', 'this');
  await press('Move');
  await vi.waitFor(() => expect(sent).toHaveLength(3));
  const assign = { ...body, kind: 'assign', transponder: 'T1', driver_number: 2 };
  expect(sent.map(([, what]) => what)).toEqual([
    { ...assign, time_us: 118_000_000 },
    { ...assign, all: true },
    { ...body, kind: 'move', of: 15, driver_number: 2 },
  ]);
});

test('an unknown transponder is assigned with all its passings by default', async () => {
  row({ driver_number: null, transponder: 'X9' });
  await press('Assign…');
  await fill('Transponder of car', '2');
  await press('Assign');
  await vi.waitFor(() =>
    expect(sent[0]?.[1]).toEqual({ ...body, kind: 'assign', transponder: 'X9', driver_number: 2, all: true }),
  );
});

test('a clock offset is set for one session or for the whole decoder', async () => {
  row();
  await press('Clock…');
  await screen.findByText(/^1,204 passings so far, received at least 0\.230 s after the crossing\.$/);
  await fill('Seconds to add', '-0.25');
  expect(
    screen.getByText(/All passings of session b of main, .* timed 0\.250 s earlier than reported/),
  ).toBeTruthy();
  await press('Set the offset');
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  const clockSelect = screen.getByLabelText<HTMLSelectElement>('Whose clock');
  clockSelect.selectedIndex = 1;
  await fireEvent.change(clockSelect);
  await press('Set the offset');
  await vi.waitFor(() => expect(sent).toHaveLength(2));
  const offset = { ...body, kind: 'offset', decoder: 'main', offset_us: -250_000 };
  expect(sent.map(([, what]) => what)).toEqual([{ ...offset, session: 'b' }, offset]);
});

test('a deleted lap is identified by the passing that ended it', async () => {
  render(PenaltyForm, { desk: new Desk('r', () => 0), entries });
  await fill('Car', '2');
  await choose('Penalty', 'lap_deleted');
  await screen.findByRole('option', { name: /^2 · 1:00\.002 · ended at 2:00\.000 · fastest of the race$/ });
  expect(screen.getByRole<HTMLOptionElement>('option', { name: /^3 .*deleted$/ }).disabled).toBe(true);
  await fill('Reason', 'short cut');
  await press('Give the penalty');
  expect(screen.getByRole('alert').textContent).toBe('Which lap?');
  await choose('Lap', '32');
  expect(
    screen.getByText(/^Lap 2, ended at 2:00\.000, will not count as a best lap; it still counts/),
  ).toBeTruthy();
  await press('Give the penalty');
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]).toEqual([
    'penalties',
    { author: 'Ada', reason: 'short cut', kind: 'lap_deleted', driver_number: 2, lap: 2, passing: 32 },
  ]);
});

test('a reason that is too long is rejected, not cut', async () => {
  render(PenaltyForm, { desk: new Desk('r', () => 0), entries });
  await fill('Car', '1');
  await fill('Reason', '👍'.repeat(501));
  await press('Give the penalty');
  expect(screen.getByRole('alert').textContent).toBe('The reason has 501 characters: 500 at most');
  expect(sent).toEqual([]);
  await fill('Reason', '👍'.repeat(500));
  await press('Give the penalty');
  await vi.waitFor(() => expect(sent[0]?.[1]).toMatchObject({ reason: '👍'.repeat(500) }));
});

test('the start is moved later, earlier, or to a time of day', async () => {
  const ondone = vi.fn();
  render(MoveStart, { desk: new Desk('r', () => 0), ondone });
  await press('Move the start');
  expect(screen.getByRole('alert').textContent).toBe('By how much? For example 2.5');
  await fill('By', '2.5');
  await fill('Reason', 'the clerk was early');
  expect(screen.getByText(/start 2\.500 s later: 1:30\.000 becomes 1:27\.500/)).toBeTruthy();
  await press('Move the start');
  await vi.waitFor(() => expect(ondone).toHaveBeenCalledTimes(1));
  await choose('The signal was given', 'earlier');
  expect(screen.getByText(/start 2\.500 s earlier: 1:30\.000 becomes 1:32\.500/)).toBeTruthy();
  await press('Move the start');
  await vi.waitFor(() => expect(ondone).toHaveBeenCalledTimes(2));
  await choose('The signal was given', 'date');
  await fill('Local date and time', '2026-05-03T14:00:02.250');
  await press('Move the start');
  await vi.waitFor(() => expect(ondone).toHaveBeenCalledTimes(3));
  const start = { author: 'Ada', reason: 'the clerk was early', kind: 'start' };
  expect(sent.map(([, what]) => what)).toEqual([
    { ...start, at_us: 2_500_000 },
    { ...start, at_us: -2_500_000 },
    { ...start, started_at: new Date('2026-05-03T14:00:02.250').toISOString() },
  ]);
});

test('an external race is stopped now or at a given race time', async () => {
  const prompts = new Prompts();
  const at = askStopTime(prompts, true);
  const field = prompts.question?.field;
  expect(field?.hint?.('')).toContain('The race ends now');
  expect(field?.hint?.('1:02')).toBe('Passings after 1:02.000 do not count.');
  expect([field?.validate?.('x'), field?.validate?.('1:02')]).toEqual([
    'Enter a race time, for example 1:02:03.456',
    null,
  ]);
  prompts.answer('1:02');
  expect(await at).toBe('1:02');
  void askStopTime(prompts, false);
  expect(prompts.question?.field).toBeUndefined();
});
