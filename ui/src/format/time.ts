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

/** `+5` for a chip. */
export function penalty(ms: number): string {
  return `+${ms % 1000 === 0 ? ms / 1000 : (ms / 1000).toFixed(1)}`;
}
