import type { Prompts } from '../dialog';
import { raceTime, parseRaceTime } from '../format';

/** Asks whether a race is stopped, and of a real one when it was, empty for now; null where it is not. */
export function whenStopped(prompts: Prompts, external: boolean): Promise<string | null> {
  const [title, confirmLabel] = ['Stop the race?', 'Stop it'];
  if (!external)
    return prompts.ask({ title, confirmLabel, text: 'It does not go on, and the result is counted back.' });
  return prompts.ask({
    title,
    confirmLabel,
    text: 'The result becomes provisional.',
    field: {
      label: 'Race time of the end',
      optional: true,
      placeholder: 'now',
      validate: (text) => (parseRaceTime(text) === null ? 'A race time, as in 1:02:03.456' : null),
      hint: (text) => {
        const at = parseRaceTime(text);
        return at === null
          ? 'The race ends now; where passings do not come live, at the newest of them.'
          : `What is timed after ${raceTime(at)} counts for nothing.`;
      },
    },
  });
}
