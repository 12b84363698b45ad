/** The door of number and word formats, and of names in sentences. */
export * from './text';
export * from './time';
export * from './words';
export { default as Words } from './Words.svelte';
