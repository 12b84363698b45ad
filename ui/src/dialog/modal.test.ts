import { expect, test } from 'vitest';
import { showDialog } from './modal';

test('a closed dialog keeps no focus, so the next key goes to the page', () => {
  document.body.innerHTML = '<dialog><input type="checkbox" /></dialog>';
  const dialog = document.querySelector('dialog');
  if (!dialog) throw new Error('no dialog');
  showDialog(dialog, true);
  dialog.querySelector('input')?.focus();
  showDialog(dialog, false);
  expect(dialog.open).toBe(false);
  expect(document.activeElement).toBe(document.body);
});
