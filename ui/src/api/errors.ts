import type { FieldFault, Problem } from './types';

/** The server answered that it could not do what was asked, and why. */
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

/** No answer came, or one that is not of this API: the server is away, or something stands in between. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** Reads a problem document as far as it goes; proxies answer without one. */
export function toProblem(status: number, body: unknown): Problem {
  const map = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const text = (key: string, otherwise: string): string => {
    const value = map[key];
    return typeof value === 'string' && value !== '' ? value : otherwise;
  };
  return {
    type: text('type', 'about:blank'),
    title: text('title', `The server answered ${status}`),
    status,
    detail: text('detail', ''),
    errors: Array.isArray(map.errors) ? map.errors.filter(isFault) : [],
  };
}

function isFault(value: unknown): value is FieldFault {
  if (typeof value !== 'object' || value === null) return false;
  const fault = value as Record<string, unknown>;
  return typeof fault.field === 'string' && typeof fault.message === 'string';
}

/** What to tell a person of anything that was thrown. */
export function describe(fault: unknown): string {
  if (fault instanceof ProblemError) return fault.message;
  if (fault instanceof UnreachableError) return 'The server does not answer.';
  return fault instanceof Error ? fault.message : String(fault);
}

/** The same, field by field where the server says which. */
export function explain(fault: unknown): string {
  if (!(fault instanceof ProblemError) || fault.problem.errors.length === 0) return describe(fault);
  return fault.problem.errors
    .map((e) => `${e.field} ${e.message}${e.allowed ? `; allowed: ${e.allowed}` : ''}`)
    .join('. ');
}
