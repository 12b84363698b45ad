import { createContext } from 'svelte';

import { routeOf, type Route } from './route';

/** The address bar as state: it follows the history, and clicks on links of this site. */
export class Router {
  #route = $state.raw<Route>(routeOf(location.pathname));

  get route(): Route {
    return this.#route;
  }

  go(path: string): void {
    if (path !== location.pathname) history.pushState(null, '', path);
    this.#read();
    window.scrollTo(0, 0);
  }

  /** Takes over links and the back button; returns what undoes it. */
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
    this.#route = routeOf(location.pathname);
  }

  /** Leaves to the browser whatever is meant for another tab, another site or a file. */
  #click(event: MouseEvent): void {
    const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || event.button !== 0 || modified) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.target || link.origin !== location.origin) return;
    if (link.hash && link.pathname === location.pathname) return;
    if (routeOf(link.pathname).page === 'nowhere') return;
    event.preventDefault();
    this.go(link.pathname);
  }
}

export const [getRouter, setRouter] = createContext<Router>();
