/** The door of questions to a person. */
export { default as AskDialog } from './AskDialog.svelte';
export { asker, Asker, type Question } from './asker.svelte';
