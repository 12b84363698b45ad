/** Stands for a missing value. */
export const DASH = '–';

const pad = (n: number, width: number): string => String(n).padStart(width, '0');

/** `1:32.512`, `32.512` below a minute, `1:02:03.004` from an hour; `–` for 0. */
export function lapTime(ms: number): string {
  if (ms <= 0) return DASH;
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

/** `1:32.512` from race time in microseconds; `0.000` for 0, `–` for null. */
export function raceTime(us: number | null): string {
  if (us === null) return '–';
  const ms = Math.trunc(Math.abs(us) / 1000);
  return `${us < 0 ? '−' : ''}${ms === 0 ? '0.000' : lapTime(ms)}`;
}

/** Parses `1:02:03.456789`, `1:32.5` or `92` to microseconds; null for anything else. */
export function parseRaceTime(text: string): number | null {
  const parts = /^(?:(?:(\d{1,3}):)?([0-5]?\d):)?(\d{1,6})(?:[.,](\d{1,6}))?$/.exec(text.trim());
  if (parts === null) return null;
  const [, hours = '0', minutes, whole = '0', part = ''] = parts;
  if (minutes !== undefined && Number(whole) > 59) return null;
  const total = Number(hours) * 3600 + Number(minutes ?? 0) * 60 + Number(whole);
  return total * 1_000_000 + Number(part.padEnd(6, '0'));
}

/** Parses seconds such as `-0.25`, `+1.5` or `3` to microseconds; null for anything else. */
export function parseSignedSeconds(text: string): number | null {
  const parts = /^([+\-−]?)(\d{1,6}(?:[.,]\d{1,6})?)$/.exec(text.trim());
  if (parts === null) return null;
  const [, sign, size = ''] = parts;
  const us = Math.round(Number(size.replace(',', '.')) * 1_000_000);
  return sign === '' || sign === '+' || us === 0 ? us : -us;
}

/** `0.250 s`, `1.000001 s`: the size of an offset without its sign. */
export function formatOffset(us: number): string {
  const digits = (Math.abs(us) / 1_000_000).toFixed(6);
  return `${digits.replace(/0{1,3}$/, '')} s`;
}

/** `1:02:03` from race time in milliseconds. */
export function raceClock(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const rest = `${pad(Math.floor(total / 60) % 60, 2)}:${pad(total % 60, 2)}`;
  return total >= 3600 ? `${Math.floor(total / 3600)}:${rest}` : rest.replace(/^0/, '');
}

/** `2.4 s`, for stops and penalties; whole seconds without decimals. */
export function formatSeconds(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${(ms / 1000).toFixed(1)} s`;
}

/** `17 µs`, `1.2 ms`, `1.20 s`. */
export function formatDuration(us: number): string {
  if (us < 1000) return us < 1 ? 'under 1 µs' : `${us} µs`;
  return us < 1_000_000 ? `${(us / 1000).toFixed(1)} ms` : `${(us / 1_000_000).toFixed(2)} s`;
}

/** `+5`, for the chip of a time penalty. */
export function penaltyChip(ms: number): string {
  return `+${ms % 1000 === 0 ? ms / 1000 : (ms / 1000).toFixed(1)}`;
}
