import { render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';

import { ResultStatus, Status, type BoardView, type Classified } from '../live';
import StateBar from './StateBar.svelte';

function said(status: ResultStatus, ...lines: Partial<Classified>[]): string {
  const classified = lines.map((line, car) => ({ car, laps: 5, durationMs: 0, position: car + 1, ...line }));
  const board = {
    session: { status: Status.Finished },
    entries: [{ code: 'D01' }, { code: 'سام' }],
    result: { status, classified },
  } as unknown as BoardView;
  const { unmount } = render(StateBar, { board, connection: { kind: 'live' }, onretry: vi.fn() });
  const text = screen.getByTestId('winner').textContent?.replace(/\s+/g, ' ').trim() ?? '';
  unmount();
  return text;
}

afterEach(() => void vi.useRealTimers());

test('the seconds of a silence are seen, and only its beginning is said aloud', async () => {
  vi.useFakeTimers();
  const sinceMs = performance.now();
  const board = { session: { status: Status.Running }, result: null } as unknown as BoardView;
  const { rerender, container } = render(StateBar, {
    board,
    connection: { kind: 'stale', sinceMs },
    onretry: vi.fn(),
  });
  const bar = (): string => container.querySelector('.stale, .lost')?.textContent?.replace(/\s+/g, ' ') ?? '';
  const aloud = (): (string | null)[] => screen.getAllByRole('status').map((e) => e.textContent);
  await vi.advanceTimersByTimeAsync(4000);
  expect(bar()).toBe('No data for 4 s');
  expect(aloud()).toEqual(['No data']);
  await vi.advanceTimersByTimeAsync(3000);
  expect(bar()).toBe('No data for 7 s');
  expect(aloud()).toEqual(['No data']);
  await rerender({ connection: { kind: 'lost', retryAtMs: null } });
  expect(bar()).toContain('Connection lost. Trying now');
  expect(aloud()).toEqual(['Connection lost']);
});

test('a server that never answered is not said to be a lost connection', () => {
  render(StateBar, { board: null, connection: { kind: 'lost', retryAtMs: null }, onretry: vi.fn() });
  expect(screen.getByRole('status').textContent).toBe('The server does not answer');
});

test('a provisional result has a leader, a final one a winner', () => {
  expect(said(ResultStatus.Provisional, {}, {})).toBe('⚑ D01 leads after 5 laps. Provisional result.');
  expect(said(ResultStatus.Final, { laps: 1, durationMs: 61_000 })).toBe(
    '⚑ D01 wins after 1 lap in 1:01.000. Final result.',
  );
  expect(said(ResultStatus.Amended, {})).toBe('⚑ D01 wins after 5 laps. Amended result.');
});

test('a dead heat has two winners, and a race that nobody drove a lap of has none', () => {
  expect(said(ResultStatus.Final, { position: 1 }, { position: 1 })).toBe(
    '⚑ D01 and سام win after 5 laps. Final result.',
  );
  expect(said(ResultStatus.Provisional, { position: 0 }, { position: 0 })).toBe(
    '⚑ No car is classified. Provisional result.',
  );
});
