/** Entry point of the live map and the circuit outline. */
export { default as CircuitMap } from './CircuitMap.svelte';
export { default as CircuitOutline } from './CircuitOutline.svelte';
export { pointAtFraction } from './geometry';
