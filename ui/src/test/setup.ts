// happy-dom has no animations; the components start them without waiting for their end.
Element.prototype.animate ??= () => ({}) as Animation;

// happy-dom does not match :checked for a chosen option, by which Svelte reads a select.
const find = HTMLSelectElement.prototype.querySelector;
HTMLSelectElement.prototype.querySelector = function (this: HTMLSelectElement, selector: string) {
  return selector === ':checked' ? (this.options[this.selectedIndex] ?? null) : find.call(this, selector);
} as typeof find;
