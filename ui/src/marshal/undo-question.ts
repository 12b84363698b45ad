import type { Prompts } from '../dialog';

/** Asks why a ruling is undone; null when cancelled. */
export function askUndoReason(prompts: Prompts, what: string): Promise<string | null> {
  return prompts.ask({
    title: `Undo ${what}?`,
    text: 'The ruling loses its effect; the list of rulings keeps both entries.',
    field: { label: 'Reason', maxLength: 500 },
    confirmLabel: 'Undo it',
  });
}
