import type { Asker } from '../dialog';

/** Asks why a ruling is taken back; null where it is not. */
export function undo(asker: Asker, what: string): Promise<string | null> {
  return asker.ask({
    title: `Undo ${what}?`,
    text: 'It is as if it had never been; the list of rulings keeps both.',
    field: { label: 'Reason', most: 500 },
    yes: 'Undo it',
  });
}
