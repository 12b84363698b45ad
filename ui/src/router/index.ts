/** The door of the router: four pages, real paths, the browser's own history. */
export { ACTORS_PATH, deskPath, racePath, routeOf, type Route } from './route';
export { getRouter, Router, setRouter } from './router.svelte';
