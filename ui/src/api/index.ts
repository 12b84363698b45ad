/** The door of the HTTP API: typed questions, typed answers, typed refusals. */
export * from './api';
export { describe, ProblemError, UnreachableError } from './errors';
export type * from './types';
