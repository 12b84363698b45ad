/** The door of cars: how they are named, and picked by what is typed. */
export { default as CarPicker } from './CarPicker.svelte';
export * from './cars';
