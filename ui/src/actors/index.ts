/** The door of the living system: every actor, who keeps it alive, and how often it died. */
export { default as ActorsPage } from './ActorsPage.svelte';
