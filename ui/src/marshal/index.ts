/** The door of the marshal's desk: what race control orders, and what came of it. */
export { default as DeskPage } from './DeskPage.svelte';
