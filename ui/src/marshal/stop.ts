import type { Asker } from '../dialog';
import { moment, parseMoment } from '../format';

/** Asks whether a race is stopped, and of a real one when it was, empty for now; null where it is not. */
export function whenStopped(asker: Asker, external: boolean): Promise<string | null> {
  const [title, yes] = ['Stop the race?', 'Stop it'];
  if (!external) return asker.ask({ title, yes, text: 'It does not go on, and the result is counted back.' });
  return asker.ask({
    title,
    yes,
    text: 'The result becomes provisional.',
    field: {
      label: 'Race time of the end',
      optional: true,
      example: 'now',
      check: (text) => (parseMoment(text) === null ? 'A race time, as in 1:02:03.456' : null),
      says: (text) => {
        const at = parseMoment(text);
        return at === null
          ? 'The race ends now; where passings do not come live, at the newest of them.'
          : `What is timed after ${moment(at)} counts for nothing.`;
      },
    },
  });
}
