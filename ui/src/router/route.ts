import { BASE } from '../base';

/** The list of races. */
export const HOME_PATH = BASE;

/** The tree of actors. */
export const ACTORS_PATH = `${BASE}actors`;

/** The page that a path shows. */
export type Route =
  | { readonly page: 'home' | 'actors' | 'not-found' }
  | { readonly page: 'race' | 'desk' | 'history'; readonly id: string };

/** Parses a path under base; ids are lower-case letters, digits and dashes. */
export function parseRoute(pathname: string, base = BASE): Route {
  const full = pathname.replace(/\/*$/, '/');
  if (!full.startsWith(base)) return { page: 'not-found' };
  const path = full.slice(base.length).replace(/\/+$/, '');
  if (path === '') return { page: 'home' };
  if (path === 'actors') return { page: 'actors' };
  const [, id, part] = /^race\/([a-z0-9-]+)(\/control|\/history)?$/.exec(path) ?? [];
  if (!id) return { page: 'not-found' };
  if (part === '/control') return { page: 'desk', id };
  return { page: part === '/history' ? 'history' : 'race', id };
}

export function racePath(id: string): string {
  return `${BASE}race/${encodeURIComponent(id)}`;
}

/** The marshal's desk of a race. */
export function deskPath(id: string): string {
  return `${racePath(id)}/control`;
}

/** The stored history of a race. */
export function historyPath(id: string): string {
  return `${racePath(id)}/history`;
}
