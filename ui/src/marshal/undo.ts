import type { Prompts } from '../dialog';

/** Asks why a ruling is taken back; null where it is not. */
export function undo(prompts: Prompts, what: string): Promise<string | null> {
  return prompts.ask({
    title: `Undo ${what}?`,
    text: 'It is as if it had never been; the list of rulings keeps both.',
    field: { label: 'Reason', maxLength: 500 },
    confirmLabel: 'Undo it',
  });
}
