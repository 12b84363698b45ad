const number = new Intl.NumberFormat('en');
const kilometres = new Intl.NumberFormat('en', { minimumFractionDigits: 3, maximumFractionDigits: 3 });

/** `2,000`. */
export function count(n: number): string {
  return number.format(n);
}

/** `1 lap`, `2,000 cars`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** `5.891 km`. */
export function km(metres: number): string {
  return `${kilometres.format(metres / 1000)} km`;
}

/** The text as the beginning of a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `60×`, or in words for 0. */
export function speed(times: number): string {
  return times === 0 ? 'as fast as possible' : `${count(times)}×`;
}

/** `24 Nov, 15:04` where the reader is; the year where it is another one. */
export function when(iso: string, now = new Date()): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '';
  const year = at.getFullYear() === now.getFullYear() ? undefined : 'numeric';
  return at.toLocaleString(undefined, {
    day: 'numeric',
    month: 'short',
    year,
    hour: '2-digit',
    minute: '2-digit',
  });
}
