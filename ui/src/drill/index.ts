/** Entry point of the fault drill dialog. */
export { default as DrillDialog } from './DrillDialog.svelte';
