import { request, racePath } from './request';
import { ProblemError } from './errors';
import type { Circuit, CircuitSummary, ExternalOrder, RaceControl, RaceOrder, RaceSummary } from './answers';

/* Responses are trusted to follow the contract: its types are asserted in this folder and nowhere else. */

export async function listRaces(): Promise<readonly RaceSummary[]> {
  return ((await request('/races')) as { races: RaceSummary[] }).races;
}

export async function startRace(order: RaceOrder): Promise<RaceSummary> {
  return (await request('/races', { method: 'POST', body: order })) as RaceSummary;
}

export async function createExternalRace(order: ExternalOrder): Promise<RaceSummary> {
  return (await request('/races', { method: 'POST', body: order })) as RaceSummary;
}

export async function controlRace(id: string, control: RaceControl): Promise<RaceSummary> {
  return (await request(`${racePath(id)}/${control}`, { method: 'POST' })) as RaceSummary;
}

/** Ends an external race, now or at a race time. */
export async function stopRace(id: string, atUs: number | null): Promise<RaceSummary> {
  const body = atUs === null ? {} : { time_us: atUs };
  return (await request(`${racePath(id)}/stop`, { method: 'POST', body })) as RaceSummary;
}

export async function listCircuits(): Promise<readonly CircuitSummary[]> {
  return ((await request('/circuits')) as { circuits: CircuitSummary[] }).circuits;
}

export async function getCircuit(key: string): Promise<Circuit> {
  return (await request(`/circuits/${encodeURIComponent(key)}`)) as Circuit;
}

/** Returns null where only the timing lines are known. */
export async function getRaceCircuit(id: string): Promise<Circuit | null> {
  try {
    return (await request(`${racePath(id)}/circuit`)) as Circuit;
  } catch (error) {
    if (error instanceof ProblemError && error.status === 404) return null;
    throw error;
  }
}
