/** The door of race control: what happened, in sentences. */
export { default as ControlFeed } from './ControlFeed.svelte';
export { recovered, sentence } from './sentence';
