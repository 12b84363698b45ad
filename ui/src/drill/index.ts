/** The door of fault drills: chosen or composed, watched, and judged. */
export { default as DrillDialog } from './DrillDialog.svelte';
