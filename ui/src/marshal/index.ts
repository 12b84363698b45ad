/** Entry point of the marshal's desk. */
export { default as DeskPage } from './DeskPage.svelte';
