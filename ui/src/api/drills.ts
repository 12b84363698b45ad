import { ask, race } from './ask';
import type { ActorNode, Drill, DrillOrder, Scenario } from './drill-types';

/** The drills that ship with the server. */
export async function listScenarios(): Promise<readonly Scenario[]> {
  return ((await ask('/drills')) as { scenarios: Scenario[] }).scenarios;
}

/** Oldest first. */
export async function listDrills(id: string): Promise<readonly Drill[]> {
  return ((await ask(`${race(id)}/drills`)) as { drills: Drill[] }).drills;
}

/** Gives the drill's number. */
export async function startDrill(id: string, order: DrillOrder): Promise<number> {
  return ((await ask(`${race(id)}/drills`, { method: 'POST', body: order })) as { id: number }).id;
}

/** Lets the drill that is on strike no more. */
export async function stopDrill(id: string): Promise<void> {
  await ask(`${race(id)}/drills`, { method: 'DELETE' });
}

/** The roots of the living system; of each kind of child, so many are named. */
export async function listActors(most: number): Promise<readonly ActorNode[]> {
  return ((await ask(`/actors?most=${most}`)) as { actors: ActorNode[] }).actors;
}
