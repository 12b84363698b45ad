/** The door of lists that are the server's, and are read again and again while somebody looks. */
export { Listing } from './listing.svelte';
export { lateIsSaid } from './late';
export { EVERY_MS, Refresher } from './refresher';
export { default as Shown } from './Shown.svelte';
