import { errorMessage, UnreachableError } from '../api';

/** A response that takes longer is reported as late. */
export const LATE_MS = 3000;

/** Waits for a response and reports when it is late: what is shown meanwhile may be out of date. */
export async function reportLate<T>(response: Promise<T>, report: (error: string) => void): Promise<T> {
  const timer = setTimeout(() => report(errorMessage(new UnreachableError('no response yet'))), LATE_MS);
  try {
    return await response;
  } finally {
    clearTimeout(timer);
  }
}
