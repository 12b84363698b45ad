import type { Prompts } from '../dialog';
import { raceTime, parseRaceTime } from '../format';

/** Asks whether to stop a race, and when an external one ended: empty for now. Null when cancelled. */
export function askStopTime(prompts: Prompts, external: boolean): Promise<string | null> {
  const [title, confirmLabel] = ['Stop the race?', 'Stop it'];
  if (!external)
    return prompts.ask({
      title,
      confirmLabel,
      text: 'It cannot be resumed, and the result is counted back.',
    });
  return prompts.ask({
    title,
    confirmLabel,
    text: 'The result becomes provisional.',
    field: {
      label: 'Race time of the end',
      optional: true,
      placeholder: 'now',
      validate: (text) =>
        parseRaceTime(text) === null ? 'Enter a race time, for example 1:02:03.456' : null,
      hint: (text) => {
        const at = parseRaceTime(text);
        return at === null
          ? 'The race ends now or, where passings are not reported live, at the newest passing.'
          : `Passings after ${raceTime(at)} do not count.`;
      },
    },
  });
}
