/** The door of what a visitor chose. */
export { settings } from './settings.svelte';
