/** The door of the race page. */
export { default as RacePage } from './RacePage.svelte';
