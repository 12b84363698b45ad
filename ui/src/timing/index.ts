/** The door of the timing tower. */
export { neighbour, spoken, WINDOW_FROM } from './cells';
export { default as Tower } from './Tower.svelte';
