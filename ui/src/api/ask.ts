import { BASE } from '../base';
import { ProblemError, toProblem, UnreachableError } from './errors';
import { askForToken, token } from './token';

/** How long an answer may take before the server counts as away. */
const TIMEOUT_MS = 10_000;
const UNAUTHORIZED = 401;

interface Ask {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
}

/** Asks the server. Throws ProblemError where it refuses, UnreachableError where no usable answer comes. */
export async function ask(path: string, how: Ask = {}): Promise<unknown> {
  let bearer = token();
  let response = await send(path, how, bearer);
  while (response.status === UNAUTHORIZED) {
    const given = await askForToken(bearer !== null);
    if (given === null) break;
    bearer = given;
    response = await send(path, how, bearer);
  }
  const answer: unknown = response.status === 204 ? null : await response.json().catch(() => undefined);
  if (!response.ok) throw new ProblemError(toProblem(response.status, answer));
  if (answer === undefined) throw new UnreachableError('an answer that is not JSON');
  return answer;
}

async function send(path: string, { method = 'GET', body }: Ask, bearer: string | null): Promise<Response> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (bearer !== null && method !== 'GET') headers.authorization = `Bearer ${bearer}`;
  try {
    return await fetch(`${BASE}api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (cause) {
    throw new UnreachableError('no answer', { cause });
  }
}

export const race = (id: string): string => `/races/${encodeURIComponent(id)}`;
