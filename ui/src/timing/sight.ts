/** The height of a row in a long list. */
export const ROW = 32;

/** Whether the row at a place of a long list is in sight, below what stands on top. */
export function inView(scroller: HTMLElement, list: HTMLElement, at: number): boolean {
  const top = at * ROW - scroller.scrollTop;
  return at >= 0 && top >= 0 && top + ROW <= scroller.clientHeight - list.offsetTop;
}

/** Scrolls a long list as little as brings a place in sight; the row need not be drawn. */
export function bring(scroller: HTMLElement, list: HTMLElement, at: number): void {
  if (at < 0 || inView(scroller, list, at)) return;
  const top = at * ROW;
  const room = scroller.clientHeight - list.offsetTop - ROW;
  scroller.scrollTop = top < scroller.scrollTop ? top : top - room;
}

function rowOf(list: HTMLElement, car: number): HTMLElement | null {
  return list.querySelector<HTMLElement>(`tr[data-car="${car}"]`);
}

/** Scrolls until a car's row is in sight, and what follows it where its details are shown. */
export function show(list: HTMLElement, car: number, details: boolean): void {
  const row = rowOf(list, car);
  if (details) row?.nextElementSibling?.scrollIntoView({ block: 'nearest' });
  row?.scrollIntoView({ block: 'nearest' });
}

/** The focus goes with its car: the rows stay where they are when cars overtake. */
export function holdFocus(list: HTMLElement, was: readonly number[], now: readonly number[]): void {
  const car = focusedCar(list, was);
  if (car !== undefined && car !== focusedCar(list, now)) focus(list, car);
}

/** The car in whose row the focus is, by the cars that the rows of the list are of; undefined where it is in none. */
function focusedCar(list: HTMLElement, cars: readonly number[]): number | undefined {
  const rows = [...list.querySelectorAll('tr[data-car]')];
  return cars[rows.findIndex((row) => row.contains(document.activeElement))];
}

export function focus(list: HTMLElement, car: number): void {
  rowOf(list, car)?.querySelector('button')?.focus({ preventScroll: true });
}
