/** The door of the HTTP API: typed questions, typed answers, typed refusals. */
export * from './api';
export * from './desk';
export * from './drills';
export * from './history';
export { describe, explain, ProblemError, UnreachableError } from './errors';
export { askForTokenWith } from './token';
export type * from './types';
export type * from './history-types';
export { PENALTIES, VERDICTS } from './desk-types';
export type * from './desk-types';
export { VERBS } from './drill-types';
export type * from './drill-types';
