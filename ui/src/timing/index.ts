/** The door of the timing tower. */
export { default as Tower } from './Tower.svelte';
