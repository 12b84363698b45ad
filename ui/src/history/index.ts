/** Entry point of a race's history: its charts, and two laps compared. */
export { default as HistoryPage } from './HistoryPage.svelte';
