import { createContext } from 'svelte';

import { parseRoute, type Route } from './route';

/** The address as state. It follows the browser's history and clicks on links within this site. */
export class Router {
  #route = $state.raw<Route>(parseRoute(location.pathname));

  get route(): Route {
    return this.#route;
  }

  go(path: string): void {
    if (path !== location.pathname) history.pushState(null, '', path);
    this.#read();
    window.scrollTo(0, 0);
  }

  /** Handles links and the back button; returns the function that stops it. */
  listen(): () => void {
    const popped = (): void => this.#read();
    const clicked = (event: MouseEvent): void => this.#click(event);
    addEventListener('popstate', popped);
    document.addEventListener('click', clicked);
    return () => {
      removeEventListener('popstate', popped);
      document.removeEventListener('click', clicked);
    };
  }

  #read(): void {
    this.#route = parseRoute(location.pathname);
  }

  /** Leaves links to other tabs, other sites and files to the browser. */
  #click(event: MouseEvent): void {
    const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || event.button !== 0 || modified) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.target || link.origin !== location.origin) return;
    if (link.hash && link.pathname === location.pathname) return;
    if (parseRoute(link.pathname).page === 'not-found') return;
    event.preventDefault();
    this.go(link.pathname);
  }
}

export const [getRouter, setRouter] = createContext<Router>();
