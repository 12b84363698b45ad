// happy-dom has no animations; the components ask for them without waiting for their end.
Element.prototype.animate ??= () => ({}) as Animation;
