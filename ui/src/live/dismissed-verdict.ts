import { loadTabState, saveTabState } from '../choices';
import type { DrillState } from './model';

const STORAGE_KEY = 'lightsout.dismissed';

/** Identifies a verdict. The number of injected faults tells two drills of the same name apart. */
function verdictKey(race: string, drill: DrillState): string {
  return [race, drill.name, drill.phase, drill.injected].join(' ');
}

/** Whether this tab has dismissed the verdict, possibly before a reload. */
export function wasDismissed(race: string, drill: DrillState): boolean {
  return loadTabState(STORAGE_KEY) === verdictKey(race, drill);
}

/** Remembers the last dismissed verdict until the tab is closed. */
export function rememberDismissed(race: string, drill: DrillState): void {
  saveTabState(STORAGE_KEY, verdictKey(race, drill));
}
