/** The door of the router: three pages, real paths, the browser's own history. */
export { deskPath, racePath, routeOf, type Route } from './route';
export { getRouter, Router, setRouter } from './router.svelte';
