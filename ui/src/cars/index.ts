/** Entry point of car labels and the car picker. */
export { default as CarPicker } from './CarPicker.svelte';
export * from './cars';
