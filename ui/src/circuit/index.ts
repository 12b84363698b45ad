/** The door of the circuit: the live map, and a still outline. */
export { default as CircuitMap } from './CircuitMap.svelte';
export { default as CircuitOutline } from './CircuitOutline.svelte';
export { placeOf } from './geometry';
