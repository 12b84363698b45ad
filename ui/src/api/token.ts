const STORAGE_KEY = 'lightsout.token';

let remembered: string | null = null;
let prompt: (retry: boolean) => Promise<string | null> = () => Promise.resolve(null);

/** The server's token, kept in this tab until it is closed; null where none was entered. */
export function token(): string | null {
  try {
    return sessionStorage.getItem(STORAGE_KEY) ?? remembered;
  } catch {
    return remembered; // no storage: keep it until the page is left
  }
}

/**
 * Sets how the user is asked for the token. The prompt resolves to null when cancelled; retry is true after a wrong
 * token.
 */
export function setTokenPrompt(request: (retry: boolean) => Promise<string | null>): void {
  prompt = request;
}

/** Asks for the token and stores it; retry: the last one was wrong. Returns null when cancelled. */
export async function promptForToken(retry: boolean): Promise<string | null> {
  const entered = (await prompt(retry))?.trim() || null;
  if (entered === null) return null;
  remembered = entered;
  try {
    sessionStorage.setItem(STORAGE_KEY, entered);
  } catch {
    // no storage: keep it until the page is left
  }
  return entered;
}
