import { BASE } from '../base';
import { ProblemError, toProblem, UnreachableError } from './errors';
import { promptForToken, token } from './token';

/** A response that takes longer counts as an unreachable server. */
const TIMEOUT_MS = 10_000;
const UNAUTHORIZED = 401;

interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
}

/**
 * Calls the API. Throws ProblemError for a refusal, UnreachableError where no usable response comes. A 401 asks for
 * the token and tries again.
 */
export async function request(path: string, options: RequestOptions = {}): Promise<unknown> {
  let bearer = token();
  let response = await send(path, options, bearer);
  while (response.status === UNAUTHORIZED) {
    const entered = await promptForToken(bearer !== null);
    if (entered === null) break;
    bearer = entered;
    response = await send(path, options, bearer);
  }
  const answer: unknown = response.status === 204 ? null : await response.json().catch(() => undefined);
  if (!response.ok) throw new ProblemError(toProblem(response.status, answer));
  if (answer === undefined) throw new UnreachableError('the response is not JSON');
  return answer;
}

async function send(
  path: string,
  { method = 'GET', body }: RequestOptions,
  bearer: string | null,
): Promise<Response> {
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
    throw new UnreachableError('no response', { cause });
  }
}

export const racePath = (id: string): string => `/races/${encodeURIComponent(id)}`;
