/** Reads what this tab saved, also before Back or a reload; null where there is nothing, or no storage. */
export function loadTabState(name: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(name) ?? 'null');
  } catch {
    return null;
  }
}

export function saveTabState(name: string, value: unknown): void {
  try {
    sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    // no storage: it is lost with the page
  }
}
