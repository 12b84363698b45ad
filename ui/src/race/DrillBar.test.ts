import { fireEvent, render, screen } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';

import { DrillPhase } from '../live';
import DrillBar from './DrillBar.svelte';

const drill = { name: 'half-the-field', phase: DrillPhase.On, injected: 5498, text: '' };
const idle = { restarts: 5490, raceFailed: false, ondismiss: () => undefined, onopen: () => undefined };
const shown = (): string => screen.getByTestId('drill').textContent?.replace(/\s+/g, ' ') ?? '';

test('a running drill shows its counts and cannot be dismissed', () => {
  render(DrillBar, { ...idle, drill });
  expect(shown()).toContain('Drill half-the-field: 5,498 faults, 5,490 restarts');
  expect(screen.queryByRole('button', { name: 'Dismiss' })).toBeNull();
  expect(screen.getByRole('status').textContent).not.toMatch(/\d/);
});

test('a drill whose faults are over says how the race so far was judged', () => {
  const text = 'up to tick 600: the faults changed nothing; the whole race is judged at its end';
  render(DrillBar, { ...idle, drill: { ...drill, phase: DrillPhase.Judging, text } });
  expect(shown()).toContain(`It is over: ${text}.`);
  expect(screen.queryByRole('button', { name: 'Dismiss' })).toBeNull();
});

test('a verdict stays until it is dismissed', async () => {
  const ondismiss = vi.fn();
  render(DrillBar, { ...idle, ondismiss, drill: { ...drill, phase: DrillPhase.Passed } });
  expect(shown()).toContain('The faults changed nothing but the restart counters');
  await fireEvent.click(screen.getByRole('button', { name: 'Dismiss' }));
  expect(ondismiss).toHaveBeenCalled();
});

test('a broken promise is shown, also where the race itself failed', async () => {
  const failed = { ...drill, phase: DrillPhase.Failed, text: 'the laps differ' };
  const { rerender } = render(DrillBar, { ...idle, drill: failed });
  expect(shown()).toContain('Drill failed The laps differ');
  await rerender({ ...idle, raceFailed: true, drill });
  expect(shown()).toContain('Drill failed The race failed during the drill');
});
