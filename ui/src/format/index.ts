/** Entry point of formats for numbers, times and names. */
export * from './text';
export * from './time';
export * from './numbers';
export { default as IsolatedText } from './IsolatedText.svelte';
