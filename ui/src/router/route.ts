import { BASE } from '../base';

/** Where all races are listed. */
export const HOME_PATH = BASE;

/** Where the living system is shown. */
export const ACTORS_PATH = `${BASE}actors`;

/** What a path shows. */
export type Route =
  | { readonly page: 'home' | 'actors' | 'nowhere' }
  | { readonly page: 'race' | 'desk' | 'history'; readonly id: string };

/** Reads a path under base; ids are lower-case letters, digits and dashes. */
export function routeOf(pathname: string, base = BASE): Route {
  const full = pathname.replace(/\/*$/, '/');
  if (!full.startsWith(base)) return { page: 'nowhere' };
  const path = full.slice(base.length).replace(/\/+$/, '');
  if (path === '') return { page: 'home' };
  if (path === 'actors') return { page: 'actors' };
  const [, id, part] = /^race\/([a-z0-9-]+)(\/control|\/history)?$/.exec(path) ?? [];
  if (!id) return { page: 'nowhere' };
  if (part === '/control') return { page: 'desk', id };
  return { page: part === '/history' ? 'history' : 'race', id };
}

export function racePath(id: string): string {
  return `${BASE}race/${encodeURIComponent(id)}`;
}

/** Where the race is controlled. */
export function deskPath(id: string): string {
  return `${racePath(id)}/control`;
}

/** What is kept of the race. */
export function historyPath(id: string): string {
  return `${racePath(id)}/history`;
}
