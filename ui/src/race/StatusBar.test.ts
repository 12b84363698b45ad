import { render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';

import { ResultStatus, Status, type BoardView, type Classified } from '../live';
import StatusBar from './StatusBar.svelte';

function winnerText(status: ResultStatus, ...lines: Partial<Classified>[]): string {
  const classified = lines.map((line, car) => ({ car, laps: 5, durationMs: 0, position: car + 1, ...line }));
  const board = {
    session: { status: Status.Finished },
    entries: [{ code: 'D01' }, { code: 'سام' }],
    result: { status, classified },
  } as unknown as BoardView;
  const { unmount } = render(StatusBar, { board, connection: { kind: 'live' }, onretry: vi.fn() });
  const text = screen.getByTestId('winner').textContent?.replace(/\s+/g, ' ').trim() ?? '';
  unmount();
  return text;
}

afterEach(() => void vi.useRealTimers());

test('the seconds of a silence are shown, but only its beginning is announced', async () => {
  vi.useFakeTimers();
  const sinceMs = performance.now();
  const board = { session: { status: Status.Running }, result: null } as unknown as BoardView;
  const { rerender, container } = render(StatusBar, {
    board,
    connection: { kind: 'stale', sinceMs },
    onretry: vi.fn(),
  });
  const barText = (): string =>
    container.querySelector('.stale, .lost')?.textContent?.replace(/\s+/g, ' ') ?? '';
  const announced = (): (string | null)[] => screen.getAllByRole('status').map((e) => e.textContent);
  await vi.advanceTimersByTimeAsync(4000);
  expect(barText()).toBe('No data for 4 s');
  expect(announced()).toEqual(['No data']);
  await vi.advanceTimersByTimeAsync(3000);
  expect(barText()).toBe('No data for 7 s');
  expect(announced()).toEqual(['No data']);
  await rerender({ connection: { kind: 'lost', retryAtMs: null } });
  expect(barText()).toContain('Connection lost. Trying now');
  expect(announced()).toEqual(['Connection lost']);
});

test('a server that never answered is not a lost connection', () => {
  render(StatusBar, { board: null, connection: { kind: 'lost', retryAtMs: null }, onretry: vi.fn() });
  expect(screen.getByRole('status').textContent).toBe('The server does not answer');
});

test('a provisional result has a leader, a final one a winner', () => {
  expect(winnerText(ResultStatus.Provisional, {}, {})).toBe('⚑ D01 leads after 5 laps. Provisional result.');
  expect(winnerText(ResultStatus.Final, { laps: 1, durationMs: 61_000 })).toBe(
    '⚑ D01 wins after 1 lap in 1:01.000. Final result.',
  );
  expect(winnerText(ResultStatus.Amended, {})).toBe('⚑ D01 wins after 5 laps. Amended result.');
});

test('a dead heat has two winners, and a race without a completed lap has none', () => {
  expect(winnerText(ResultStatus.Final, { position: 1 }, { position: 1 })).toBe(
    '⚑ D01 and سام win after 5 laps. Final result.',
  );
  expect(winnerText(ResultStatus.Provisional, { position: 0 }, { position: 0 })).toBe(
    '⚑ No car is classified. Provisional result.',
  );
});

test('says that the server is behind, until it is not', async () => {
  const { rerender, container } = render(StatusBar, {
    board: null,
    connection: { kind: 'live' },
    behindMs: 6200,
    onretry: vi.fn(),
  });
  expect(container.querySelector('section')?.textContent).toContain(
    'Behind: nothing new comes of the race, for 7 s',
  );
  await rerender({ behindMs: 0 });
  expect(container.querySelector('section')?.textContent?.trim()).toBe('');
});
