/** Entry point of the timing tower. */
export { carAnnouncement } from './cells';
export { neighbouringCar, VIRTUAL_LIST_FROM } from './tower-rows';
export { default as Tower } from './Tower.svelte';
