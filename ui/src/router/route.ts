/** Where the living system is shown. */
export const ACTORS_PATH = '/actors';

/** What a path shows. */
export type Route =
  { readonly page: 'home' | 'actors' | 'nowhere' } | { readonly page: 'race' | 'desk'; readonly id: string };

/** Reads a path; ids are lower-case letters, digits and dashes. */
export function routeOf(pathname: string): Route {
  const path = pathname.replace(/\/+$/, '') || '/';
  if (path === '/') return { page: 'home' };
  if (path === ACTORS_PATH) return { page: 'actors' };
  const [, id, desk] = /^\/race\/([a-z0-9-]+)(\/control)?$/.exec(path) ?? [];
  return id ? { page: desk ? 'desk' : 'race', id } : { page: 'nowhere' };
}

export function racePath(id: string): string {
  return `/race/${encodeURIComponent(id)}`;
}

/** Where the race is controlled. */
export function deskPath(id: string): string {
  return `${racePath(id)}/control`;
}
