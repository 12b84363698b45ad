import { ask, race } from './ask';
import { ProblemError } from './errors';
import type { Circuit, CircuitSummary, ExternalOrder, RaceControl, RaceOrder, RaceSummary } from './types';

/*
 * The answers are the server's own and are taken at their word: the contract's types are asserted here, in this one
 * place, and nowhere else.
 */

export async function listRaces(): Promise<readonly RaceSummary[]> {
  return ((await ask('/races')) as { races: RaceSummary[] }).races;
}

export async function startRace(order: RaceOrder): Promise<RaceSummary> {
  return (await ask('/races', { method: 'POST', body: order })) as RaceSummary;
}

export async function makeExternal(order: ExternalOrder): Promise<RaceSummary> {
  return (await ask('/races', { method: 'POST', body: order })) as RaceSummary;
}

export async function controlRace(id: string, control: RaceControl): Promise<RaceSummary> {
  return (await ask(`${race(id)}/${control}`, { method: 'POST' })) as RaceSummary;
}

/** Ends a real race, now or at a race time. */
export async function stopRace(id: string, atUs: number | null): Promise<RaceSummary> {
  const body = atUs === null ? {} : { time_us: atUs };
  return (await ask(`${race(id)}/stop`, { method: 'POST', body })) as RaceSummary;
}

export async function listCircuits(): Promise<readonly CircuitSummary[]> {
  return ((await ask('/circuits')) as { circuits: CircuitSummary[] }).circuits;
}

export async function getCircuit(key: string): Promise<Circuit> {
  return (await ask(`/circuits/${encodeURIComponent(key)}`)) as Circuit;
}

/** The circuit that a race is on; null where only its timing lines are known. */
export async function getRaceCircuit(id: string): Promise<Circuit | null> {
  try {
    return (await ask(`${race(id)}/circuit`)) as Circuit;
  } catch (fault) {
    if (fault instanceof ProblemError && fault.status === 404) return null;
    throw fault;
  }
}
