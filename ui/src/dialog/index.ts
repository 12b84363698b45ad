/** Entry point of the dialog that asks for a name, a reason, a token or a confirmation. */
export { default as PromptDialog } from './PromptDialog.svelte';
export { showDialog } from './modal';
export { prompts, Prompts, type Question } from './prompts.svelte';
