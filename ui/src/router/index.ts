/** Entry point of the router: five pages with real paths and the browser's history. */
export { default as NotFound } from './NotFound.svelte';
export { ACTORS_PATH, deskPath, historyPath, HOME_PATH, racePath, parseRoute, type Route } from './route';
export { getRouter, Router, setRouter } from './router.svelte';
