/** What stands where there is nothing to show. */
export const NONE = '–';

const pad = (n: number, width: number): string => String(n).padStart(width, '0');

/** `1:32.512`, `32.512` below a minute, `1:02:03.004` from an hour; "–" for none. */
export function lapTime(ms: number): string {
  if (ms <= 0) return NONE;
  const seconds = `${pad(Math.floor(ms / 1000) % 60, 2)}.${pad(ms % 1000, 3)}`;
  const minutes = Math.floor(ms / 60_000) % 60;
  const hours = Math.floor(ms / 3_600_000);
  if (hours > 0) return `${hours}:${pad(minutes, 2)}:${seconds}`;
  return minutes > 0 ? `${minutes}:${seconds}` : seconds.replace(/^0/, '');
}

/** `+2.345`, `+1:02.345`, `1 LAP`, `2 LAPS`. */
export function gap(ms: number, laps: number): string {
  if (laps > 0) return laps === 1 ? '1 LAP' : `${laps} LAPS`;
  const size = Math.abs(ms);
  const text = size < 1000 ? `0.${pad(size, 3)}` : lapTime(size);
  return `${ms < 0 ? '−' : '+'}${text}`;
}

/** `1:32.512` of race time in microseconds, 0 as well; `–` where there is none yet. */
export function moment(us: number | null): string {
  if (us === null) return '–';
  const ms = Math.trunc(Math.abs(us) / 1000);
  return `${us < 0 ? '−' : ''}${ms === 0 ? '0.000' : lapTime(ms)}`;
}

/** Microseconds of `1:02:03.456789`, `1:32.5` or `92`; null where it is none of these. */
export function parseMoment(text: string): number | null {
  const parts = /^(?:(?:(\d{1,3}):)?([0-5]?\d):)?(\d{1,6})(?:[.,](\d{1,6}))?$/.exec(text.trim());
  if (parts === null) return null;
  const [, hours = '0', minutes, whole = '0', part = ''] = parts;
  if (minutes !== undefined && Number(whole) > 59) return null;
  const total = Number(hours) * 3600 + Number(minutes ?? 0) * 60 + Number(whole);
  return total * 1_000_000 + Number(part.padEnd(6, '0'));
}

/** Microseconds of `-0.25`, `+1.5` or `3`, in seconds; null where it is none of these. */
export function parseShift(text: string): number | null {
  const parts = /^([+\-−]?)(\d{1,6}(?:[.,]\d{1,6})?)$/.exec(text.trim());
  if (parts === null) return null;
  const [, sign, size = ''] = parts;
  const us = Math.round(Number(size.replace(',', '.')) * 1_000_000);
  return sign === '' || sign === '+' || us === 0 ? us : -us;
}

/** `0.250 s`, `1.000001 s`: how far something is moved, whichever way. */
export function shiftSize(us: number): string {
  const digits = (Math.abs(us) / 1_000_000).toFixed(6);
  return `${digits.replace(/0{1,3}$/, '')} s`;
}

/** `1:02:03` of race time, for a clock. */
export function clock(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const rest = `${pad(Math.floor(total / 60) % 60, 2)}:${pad(total % 60, 2)}`;
  return total >= 3600 ? `${Math.floor(total / 3600)}:${rest}` : rest.replace(/^0/, '');
}

/** `2.4 s`, for stops and penalties; whole seconds without a fraction. */
export function seconds(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${(ms / 1000).toFixed(1)} s`;
}

/** `17 µs`, `1.2 ms`, `1.20 s`: how long a machine took. */
export function took(us: number): string {
  if (us < 1000) return us < 1 ? 'under 1 µs' : `${us} µs`;
  return us < 1_000_000 ? `${(us / 1000).toFixed(1)} ms` : `${(us / 1_000_000).toFixed(2)} s`;
}

/** `+5` for a chip. */
export function penalty(ms: number): string {
  return `+${ms % 1000 === 0 ? ms / 1000 : (ms / 1000).toFixed(1)}`;
}
