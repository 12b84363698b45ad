/** Where the living system is shown. */
export const ACTORS_PATH = '/actors';

/** What a path shows. */
export type Route =
  | { readonly page: 'home' | 'actors' | 'nowhere' }
  | { readonly page: 'race' | 'desk' | 'history'; readonly id: string };

/** Reads a path; ids are lower-case letters, digits and dashes. */
export function routeOf(pathname: string): Route {
  const path = pathname.replace(/\/+$/, '') || '/';
  if (path === '/') return { page: 'home' };
  if (path === ACTORS_PATH) return { page: 'actors' };
  const [, id, part] = /^\/race\/([a-z0-9-]+)(\/control|\/history)?$/.exec(path) ?? [];
  if (!id) return { page: 'nowhere' };
  if (part === '/control') return { page: 'desk', id };
  return { page: part === '/history' ? 'history' : 'race', id };
}

export function racePath(id: string): string {
  return `/race/${encodeURIComponent(id)}`;
}

/** Where the race is controlled. */
export function deskPath(id: string): string {
  return `${racePath(id)}/control`;
}

/** What is kept of the race. */
export function historyPath(id: string): string {
  return `${racePath(id)}/history`;
}
