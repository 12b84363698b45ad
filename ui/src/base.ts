/** The site's base path, with a slash at both ends; the server writes it into the page. */
export const BASE = document.querySelector<HTMLMetaElement>('meta[name="base-path"]')?.content ?? '/';
