/** Entry point of lists that are polled while the page is visible. */
export { RemoteList } from './remote-list.svelte';
export { reportLate } from './late';
export { REFRESH_MS, Refresher } from './refresher';
export { default as RemoteItems } from './RemoteItems.svelte';
