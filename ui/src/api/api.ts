import { ProblemError, toProblem, UnreachableError } from './errors';
import type { Circuit, CircuitSummary, RaceControl, RaceOrder, RaceSummary } from './types';

/** How long an answer may take before the server counts as away. */
const TIMEOUT_MS = 10_000;

interface Ask {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
}

/** Asks the server. Throws ProblemError where it refuses, UnreachableError where no usable answer comes. */
async function ask(path: string, { method = 'GET', body }: Ask = {}): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (cause) {
    throw new UnreachableError('no answer', { cause });
  }
  const answer: unknown = response.status === 204 ? null : await response.json().catch(() => undefined);
  if (!response.ok) throw new ProblemError(toProblem(response.status, answer));
  if (answer === undefined) throw new UnreachableError('an answer that is not JSON');
  return answer;
}

const race = (id: string): string => `/races/${encodeURIComponent(id)}`;

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

export async function controlRace(id: string, control: RaceControl): Promise<RaceSummary> {
  return (await ask(`${race(id)}/${control}`, { method: 'POST' })) as RaceSummary;
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
