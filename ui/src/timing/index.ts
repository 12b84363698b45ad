/** The door of the timing tower. */
export { neighbour, spoken } from './cells';
export { default as Tower } from './Tower.svelte';
