/** The door of the live line: a race as it happens, and the words it is told in. */
export type { BoardView } from './board';
export { nameOf } from './events';
export { clearedAway, yellowSectors } from './flags';
export { LiveRace, type LiveRaceOptions } from './live-race.svelte';
export * from './model';
export type { OpsLog, RecoveryLine } from './ops-log.svelte';
export { ABSENT, type Positions } from './positions';
export { NO_MARKS, type Freshness, type Recovery } from './recovery';
export type { Connection } from './socket';
