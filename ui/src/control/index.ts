/** Entry point of the race control feed and its sentences. */
export { default as ControlFeed } from './ControlFeed.svelte';
export { recoverySentence, eventSentence } from './sentence';
