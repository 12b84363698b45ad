import { recall, remember } from '../choices';
import type { DrillState } from './model';

const NAME = 'lightsout.dismissed';

/** A verdict as this tab remembers that it was dismissed: another drill of the same name has struck otherwise. */
function named(race: string, drill: DrillState): string {
  return [race, drill.name, drill.phase, drill.injected].join(' ');
}

/** Whether a verdict was dismissed in this tab, before the page was loaded again. */
export function wasDismissed(race: string, drill: DrillState): boolean {
  return recall(NAME) === named(race, drill);
}

/** Remembers a verdict that was dismissed, until the tab is closed: the last one. */
export function rememberDismissed(race: string, drill: DrillState): void {
  remember(NAME, named(race, drill));
}
