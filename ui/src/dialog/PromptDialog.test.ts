import { fireEvent, render, screen } from '@testing-library/svelte';
import { expect, test } from 'vitest';

import PromptDialog from './PromptDialog.svelte';
import { Prompts } from './prompts.svelte';

test('questions are shown one after the other, and each is answered or cancelled', async () => {
  const prompts = new Prompts();
  render(PromptDialog, { prompts });
  const name = prompts.ask({
    title: 'Who signs?',
    field: { label: 'Name', value: 'Ada' },
    confirmLabel: 'Sign',
  });
  const sure = prompts.ask({ title: 'Sure?', confirmLabel: 'Yes' });
  await fireEvent.click(await screen.findByText('Sign'));
  expect(await name).toBe('Ada');
  await screen.findByText('Sure?');
  await fireEvent.click(screen.getByText('Cancel'));
  expect(await sure).toBeNull();
  expect(prompts.question).toBeNull();
});

test('a required field cannot be left empty', async () => {
  const prompts = new Prompts();
  render(PromptDialog, { prompts });
  void prompts.ask({ title: 'Why?', field: { label: 'Reason' }, confirmLabel: 'Send' });
  await fireEvent.submit((await screen.findByText('Send')).closest('form') as HTMLFormElement);
  expect(prompts.question?.title).toBe('Why?');
});

test('an invalid answer is explained and not sent, and the hint says what a valid one does', async () => {
  const prompts = new Prompts();
  render(PromptDialog, { prompts });
  const answer = prompts.ask({
    title: 'When?',
    field: {
      label: 'Time',
      maxLength: 4,
      optional: true,
      validate: (text) => (text === 'x' ? 'no time' : null),
      hint: (text) => `at ${text || 'once'}`,
    },
    confirmLabel: 'Send',
  });
  const note = async (text: string): Promise<string | null> => {
    await fireEvent.input(await screen.findByLabelText('Time'), { target: { value: text } });
    return screen.getByLabelText('Time').nextElementSibling?.textContent?.trim() ?? null;
  };
  const send = async (): Promise<boolean> => {
    const form = screen.getByText('Send').closest('form') as HTMLFormElement;
    return fireEvent.submit(form);
  };
  expect(await note('x')).toBe('no time');
  await send();
  expect(await note('👍👍👍👍👍')).toBe('Time has 5 characters: 4 at most');
  await send();
  expect(prompts.question?.title).toBe('When?');
  expect(await note('👍👍👍👍')).toBe('at 👍👍👍👍');
  expect(await note('')).toBe('at once');
  await send();
  expect(await answer).toBe('');
});
