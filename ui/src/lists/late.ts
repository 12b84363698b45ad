import { errorMessage, UnreachableError } from '../api';

/** After this much waiting for an answer the page says so. */
export const LATE_AFTER_MS = 3000;

/** Waits for an answer, and says in words when it is late: what is shown meanwhile may be old. */
export async function lateIsSaid<T>(answer: Promise<T>, say: (error: string) => void): Promise<T> {
  const timer = setTimeout(() => say(errorMessage(new UnreachableError('no answer yet'))), LATE_AFTER_MS);
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
  }
}
