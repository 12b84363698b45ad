import type { FieldError, Problem } from './answers';

/** The server refused a request and said why. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.problem = problem;
  }

  get status(): number {
    return this.problem.status;
  }
}

/** No response came, or one that does not follow the API: the server is down, or a proxy answered. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** Reads a problem document; missing fields get defaults, because proxies answer without one. */
export function toProblem(status: number, body: unknown): Problem {
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const text = (key: string, otherwise: string): string => {
    const value = fields[key];
    return typeof value === 'string' && value !== '' ? value : otherwise;
  };
  return {
    type: text('type', 'about:blank'),
    title: text('title', `The server answered ${status}`),
    status,
    detail: text('detail', ''),
    errors: Array.isArray(fields.errors) ? fields.errors.filter(isFieldError) : [],
  };
}

function isFieldError(value: unknown): value is FieldError {
  if (typeof value !== 'object' || value === null) return false;
  const error = value as Record<string, unknown>;
  return typeof error.field === 'string' && typeof error.message === 'string';
}

/** A message for people from anything that was thrown. */
export function errorMessage(error: unknown): string {
  if (error instanceof ProblemError) return error.message;
  if (error instanceof UnreachableError) return 'The server does not answer.';
  return error instanceof Error ? error.message : String(error);
}

/** Like errorMessage, with the refused fields where the server names them. */
export function errorDetails(error: unknown): string {
  if (!(error instanceof ProblemError) || error.problem.errors.length === 0) return errorMessage(error);
  return error.problem.errors
    .map((e) => `${e.field} ${e.message}${e.allowed ? `; allowed: ${e.allowed}` : ''}`)
    .join('. ');
}
