/** The door of the race page, and of what frames every page of a race. */
export { default as Gone } from './Gone.svelte';
export { default as RaceHeader } from './RaceHeader.svelte';
export { default as RacePage } from './RacePage.svelte';
export { default as StateWord } from './StateWord.svelte';
export { default as StateBar } from './StateBar.svelte';
export { default as Tabs } from './Tabs.svelte';
