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
function said(status: Status, connection: Connection = { kind: 'live' }): string {
  const { unmount } = render(RaceHeader, { board: board({ status }), connection, raceId: 'x' });
  const text = screen.getByTestId('connection').textContent?.trim() ?? '';
  unmount();
  return text;
}

test('only a race that runs is live, and only while the server is heard', () => {
  expect(said(Status.Running)).toBe('Live');
  expect(said(Status.Waiting)).toBe('Waiting');
  expect(said(Status.Paused)).toBe('Paused');
  expect(said(Status.Finished)).toBe('Finished');
  expect(said(Status.Failed)).toBe('Failed');
  expect(said(Status.Unknown)).toBe('–');
  expect(said(Status.Running, { kind: 'stale', sinceMs: 0 })).toBe('Silent');
  expect(said(Status.Running, { kind: 'lost', retryAtMs: null })).toBe('Lost');
  expect(said(Status.Finished, { kind: 'lost', retryAtMs: 5 })).toBe('Lost');
});

test('a flag that is not known is –, and not a green Clear', () => {
  render(RaceHeader, { board: board({ flag: Flag.Unknown }), connection: { kind: 'live' }, raceId: 'x' });
  const chip = screen.getByTestId('flag');
  expect(chip.textContent).toMatch(/^–/);
  expect(chip.className).not.toContain('is-clear');
});

test('while the line is down nothing of the header is in colour', async () => {
  const { rerender } = render(RaceHeader, { board: board(), connection: { kind: 'live' }, raceId: 'x' });
  expect(screen.getByTestId('flag').closest('.old')).toBeNull();
  await rerender({ connection: { kind: 'lost', retryAtMs: null } });
  expect(screen.getByTestId('flag').closest('.old')).toBeTruthy();
});
