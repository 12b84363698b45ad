import { render, screen } from '@testing-library/svelte';
import { expect, test } from 'vitest';

import { Flag, Status, type BoardView, type Connection } from '../live';
import { Board } from '../live/board';
import type { Snapshot } from '../live';
import { readMessage } from '../live/wire';
import { golden } from '../test/golden';
import RaceHeader from './RaceHeader.svelte';

function board(session: Partial<BoardView['session']> = {}): BoardView {
  const b = new Board();
  b.replace(readMessage(golden('snapshot')) as Snapshot);
  const view = b.view();
  if (view === null) throw new Error('no board');
  return { ...view, session: { ...view.session, ...session } };
}
function label(status: Status, connection: Connection = { kind: 'live' }): string {
  const { unmount } = render(RaceHeader, { board: board({ status }), connection, raceId: 'x' });
  const text = screen.getByTestId('connection').textContent?.trim() ?? '';
  unmount();
  return text;
}

test('only a running race is live, and only while messages arrive', () => {
  expect(label(Status.Running)).toBe('Live');
  expect(label(Status.Waiting)).toBe('Waiting');
  expect(label(Status.Paused)).toBe('Paused');
  expect(label(Status.Finished)).toBe('Finished');
  expect(label(Status.Failed)).toBe('Failed');
  expect(label(Status.Unknown)).toBe('–');
  expect(label(Status.Running, { kind: 'stale', sinceMs: 0 })).toBe('No data');
  expect(label(Status.Running, { kind: 'lost', retryAtMs: null })).toBe('Lost');
  expect(label(Status.Finished, { kind: 'lost', retryAtMs: 5 })).toBe('Lost');
});

test('an unknown flag is –, not a green Clear', () => {
  render(RaceHeader, { board: board({ flag: Flag.Unknown }), connection: { kind: 'live' }, raceId: 'x' });
  const chip = screen.getByTestId('flag');
  expect(chip.textContent).toMatch(/^–/);
  expect(chip.className).not.toContain('is-clear');
});

test('while the connection is down the header loses its colours', async () => {
  const { rerender } = render(RaceHeader, { board: board(), connection: { kind: 'live' }, raceId: 'x' });
  expect(screen.getByTestId('flag').closest('.outdated')).toBeNull();
  await rerender({ connection: { kind: 'lost', retryAtMs: null } });
  expect(screen.getByTestId('flag').closest('.outdated')).toBeTruthy();
});
