/** The door of what is kept of a race: its charts, and two laps beside each other. */
export { default as HistoryPage } from './HistoryPage.svelte';
