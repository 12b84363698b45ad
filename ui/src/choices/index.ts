/** The door of what a visitor chose, in this browser and in this tab. */
export { settings } from './settings.svelte';
export { recall, remember } from './tab';
