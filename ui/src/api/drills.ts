import { BASE } from '../base';
import { request, racePath } from './request';
import type { ActorNode, Drill, DrillOrder, Scenario } from './drill-types';

/** The drills that ship with the server. */
export async function listScenarios(): Promise<readonly Scenario[]> {
  return ((await request('/drills')) as { scenarios: Scenario[] }).scenarios;
}

/** Oldest first. */
export async function listDrills(id: string): Promise<readonly Drill[]> {
  return ((await request(`${racePath(id)}/drills`)) as { drills: Drill[] }).drills;
}

/** Returns the drill's id. */
export async function startDrill(id: string, order: DrillOrder): Promise<number> {
  return ((await request(`${racePath(id)}/drills`, { method: 'POST', body: order })) as { id: number }).id;
}

/** Stops the running drill from injecting further faults. */
export async function stopDrill(id: string): Promise<void> {
  await request(`${racePath(id)}/drills`, { method: 'DELETE' });
}

/** Where what a drill has left is downloaded. */
export function drillFolderUrl(id: string, drill: number): string {
  return `${BASE}api/v1${racePath(id)}/drills/${drill}/folder`;
}

/** The root actors. Of each kind of child at most perKindMax are listed by name. */
export async function listActors(perKindMax: number): Promise<readonly ActorNode[]> {
  return ((await request(`/actors?most=${perKindMax}`)) as { actors: ActorNode[] }).actors;
}
