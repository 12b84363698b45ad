const NAME = 'lightsout.token';

let kept: string | null = null;
let asker: (again: boolean) => Promise<string | null> = () => Promise.resolve(null);

/** The token of a server that has one: known until the tab is closed, and to this tab alone. */
export function token(): string | null {
  try {
    return sessionStorage.getItem(NAME) ?? kept;
  } catch {
    return kept; // no storage: it holds until the page is left
  }
}

/** Says who asks a person for the token; null where the person does not give one. */
export function askForTokenWith(ask: (again: boolean) => Promise<string | null>): void {
  asker = ask;
}

/** Asks for a token and keeps it; again: the one before was not the server's. Null where none is given. */
export async function askForToken(again: boolean): Promise<string | null> {
  const given = (await asker(again))?.trim() || null;
  if (given === null) return null;
  kept = given;
  try {
    sessionStorage.setItem(NAME, given);
  } catch {
    // It holds until the page is left.
  }
  return given;
}
