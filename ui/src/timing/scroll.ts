/** The height of a row in a long list, in px. */
export const ROW_PX = 32;

/** Whether a row of a long list is in view, below the head and the pinned rows. */
export function isRowVisible(scroller: HTMLElement, list: HTMLElement, at: number): boolean {
  const top = at * ROW_PX - scroller.scrollTop;
  return at >= 0 && top >= 0 && top + ROW_PX <= scroller.clientHeight - list.offsetTop;
}

/** Scrolls a long list just far enough to bring a row into view, and says where it is then; the row need not be rendered. */
export function scrollToRow(scroller: HTMLElement, list: HTMLElement, at: number): number {
  if (at < 0 || isRowVisible(scroller, list, at)) return scroller.scrollTop;
  const top = at * ROW_PX;
  const room = scroller.clientHeight - list.offsetTop - ROW_PX;
  scroller.scrollTop = top < scroller.scrollTop ? top : top - room;
  return scroller.scrollTop;
}

function rowOf(list: HTMLElement, car: number): HTMLElement | null {
  return list.querySelector<HTMLElement>(`tr[data-car="${car}"]`);
}

/** Scrolls a car's row into view, and its details where they are shown. */
export function scrollToCar(list: HTMLElement, car: number, details: boolean): void {
  const row = rowOf(list, car);
  if (details) row?.nextElementSibling?.scrollIntoView({ block: 'nearest' });
  row?.scrollIntoView({ block: 'nearest' });
}

/** Moves the focus with its car: when cars overtake, the row elements stay and their content moves. */
export function keepFocusOnCar(list: HTMLElement, was: readonly number[], now: readonly number[]): void {
  const car = focusedCar(list, was);
  if (car !== undefined && car !== focusedCar(list, now)) focusCar(list, car);
}

/** The car whose row has the focus; cars lists the cars of the rows. Undefined where no row has it. */
function focusedCar(list: HTMLElement, cars: readonly number[]): number | undefined {
  const rows = [...list.querySelectorAll('tr[data-car]')];
  return cars[rows.findIndex((row) => row.contains(document.activeElement))];
}

export function focusCar(list: HTMLElement, car: number): void {
  rowOf(list, car)?.querySelector('button')?.focus({ preventScroll: true });
}
