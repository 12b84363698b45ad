/** The door of the router: two pages, real paths, the browser's own history. */
export { racePath, routeOf, type Route } from './route';
export { getRouter, Router, setRouter } from './router.svelte';
