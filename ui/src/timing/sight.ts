function rowOf(list: HTMLElement, car: number): HTMLElement | null {
  return list.querySelector<HTMLElement>(`tr[data-car="${car}"]`);
}

/** Scrolls until a car's row is in sight, and what follows it where its details are shown. */
export function show(list: HTMLElement, car: number, details: boolean): void {
  const row = rowOf(list, car);
  if (details) row?.nextElementSibling?.scrollIntoView({ block: 'nearest' });
  row?.scrollIntoView({ block: 'nearest' });
}

/** The car in whose row the focus is, by the cars that the rows of the list are of; undefined where it is in none. */
export function focusedCar(list: HTMLElement, cars: readonly number[]): number | undefined {
  const rows = [...list.querySelectorAll('tr[data-car]')];
  return cars[rows.findIndex((row) => row.contains(document.activeElement))];
}

export function focus(list: HTMLElement, car: number): void {
  rowOf(list, car)?.querySelector('button')?.focus({ preventScroll: true });
}
