import { fireEvent, render, screen } from '@testing-library/svelte';
import { expect, test } from 'vitest';

import AskDialog from './AskDialog.svelte';
import { Asker } from './asker.svelte';

test('questions are asked one after the other, and answered or called off', async () => {
  const asker = new Asker();
  render(AskDialog, { asker });
  const name = asker.ask({ title: 'Who signs?', field: { label: 'Name', value: 'Ada' }, yes: 'Sign' });
  const sure = asker.ask({ title: 'Sure?', yes: 'Yes' });
  await fireEvent.click(await screen.findByText('Sign'));
  expect(await name).toBe('Ada');
  await screen.findByText('Sure?');
  await fireEvent.click(screen.getByText('Cancel'));
  expect(await sure).toBeNull();
  expect(asker.question).toBeNull();
});

test('a field that is needed is not left empty', async () => {
  const asker = new Asker();
  render(AskDialog, { asker });
  void asker.ask({ title: 'Why?', field: { label: 'Reason' }, yes: 'Send' });
  await fireEvent.submit((await screen.findByText('Send')).closest('form') as HTMLFormElement);
  expect(asker.question?.title).toBe('Why?');
});

test('what a field cannot take is said and not sent, what it will do is said before', async () => {
  const asker = new Asker();
  render(AskDialog, { asker });
  const answer = asker.ask({
    title: 'When?',
    field: {
      label: 'Time',
      most: 4,
      optional: true,
      check: (text) => (text === 'x' ? 'no time' : null),
      says: (text) => `at ${text || 'once'}`,
    },
    yes: 'Send',
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
  expect(asker.question?.title).toBe('When?');
  expect(await note('👍👍👍👍')).toBe('at 👍👍👍👍');
  expect(await note('')).toBe('at once');
  await send();
  expect(await answer).toBe('');
});
