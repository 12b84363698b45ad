/** Entry point of the race page and of the parts that all pages of a race share. */
export { default as RaceUnavailable } from './RaceUnavailable.svelte';
export { default as RaceHeader } from './RaceHeader.svelte';
export { default as RacePage } from './RacePage.svelte';
export { default as StatusLabel } from './StatusLabel.svelte';
export { default as StatusBar } from './StatusBar.svelte';
export { default as Tabs } from './Tabs.svelte';
