/** Entry point of live timing: one race's board, positions and connection. */
export type { BoardView } from './board';
export { eventKey } from './events';
export { clearedCars, yellowSectors } from './flags';
export { LiveRace, type LiveRaceOptions } from './live-race.svelte';
export * from './model';
export type { OpsLog, RecoveryLine } from './ops-log.svelte';
export { ABSENT, type Positions } from './positions';
export { NO_MARKS, type Freshness, type Recovery } from './recovery';
export type { Connection } from './socket';
