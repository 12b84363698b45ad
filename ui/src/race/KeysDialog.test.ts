import { expect, test, vi } from 'vitest';
import { mount, unmount } from 'svelte';
import KeysDialog from './KeysDialog.svelte';

test('Escape closes the dialog at once, before the browser reports that it is closed', () => {
  const onclose = vi.fn();
  const dialog = mount(KeysDialog, { target: document.body, props: { open: false, onclose } });
  document.querySelector('dialog')?.dispatchEvent(new Event('cancel', { cancelable: true }));
  expect(onclose).toHaveBeenCalledOnce();
  void unmount(dialog);
});
