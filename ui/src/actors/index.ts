/** Entry point of the actors page. */
export { default as ActorsPage } from './ActorsPage.svelte';
