/** The door of the front page: the races, and starting one. */
export { default as Home } from './Home.svelte';
