/** What a path shows. */
export type Route =
  { readonly page: 'home' } | { readonly page: 'race'; readonly id: string } | { readonly page: 'nowhere' };

/** Reads a path; ids are lower-case letters, digits and dashes. */
export function routeOf(pathname: string): Route {
  const path = pathname.replace(/\/+$/, '') || '/';
  if (path === '/') return { page: 'home' };
  const [, id] = /^\/race\/([a-z0-9-]+)$/.exec(path) ?? [];
  return id ? { page: 'race', id } : { page: 'nowhere' };
}

export function racePath(id: string): string {
  return `/race/${encodeURIComponent(id)}`;
}
