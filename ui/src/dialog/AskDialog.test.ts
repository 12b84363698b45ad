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
