/** The door of the timing tower. */
export { spoken } from './cells';
export { neighbour, WINDOW_FROM } from './list';
export { default as Tower } from './Tower.svelte';
