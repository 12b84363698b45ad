// happy-dom has no animations; the components ask for them without waiting for their end.
Element.prototype.animate ??= () => ({}) as Animation;

// Nor does it know that the option that is chosen is :checked, by which Svelte reads a select.
const find = HTMLSelectElement.prototype.querySelector;
HTMLSelectElement.prototype.querySelector = function (this: HTMLSelectElement, selector: string) {
  return selector === ':checked' ? (this.options[this.selectedIndex] ?? null) : find.call(this, selector);
} as typeof find;
