/** Shows or closes a modal dialog, where it is not already so. */
export function showDialog(dialog: HTMLDialogElement | undefined, open: boolean): void {
  if (!dialog || dialog.open === open) return;
  if (open) {
    dialog.showModal();
    return;
  }
  dialog.close();
  // Where no element had the focus before, the browser leaves it on the hidden one until the next frame, and keys go there.
  const focused = document.activeElement;
  if (focused instanceof HTMLElement && dialog.contains(focused)) focused.blur();
}
