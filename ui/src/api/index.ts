/** Entry point of the HTTP API: typed requests, responses and errors. */
export * from './api';
export * from './desk';
export * from './drills';
export * from './history';
export { errorMessage, errorDetails, ProblemError, UnreachableError } from './errors';
export { setTokenPrompt } from './token';
export type * from './answers';
export type * from './history-types';
export { PENALTIES, VERDICTS } from './desk-types';
export type * from './desk-types';
export { VERBS } from './drill-types';
export type * from './drill-types';
