/** Entry point of the front page: the races, and forms that create one. */
export { default as Home } from './Home.svelte';
