/** The door of the router: five pages, real paths, the browser's own history. */
export { default as Nowhere } from './Nowhere.svelte';
export { ACTORS_PATH, deskPath, historyPath, HOME_PATH, racePath, routeOf, type Route } from './route';
export { getRouter, Router, setRouter } from './router.svelte';
