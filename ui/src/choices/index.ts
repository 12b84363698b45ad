/** Entry point of the visitor's settings, kept in this browser or in this tab. */
export { settings } from './settings.svelte';
export { loadTabState, saveTabState } from './tab-state';
