const number = new Intl.NumberFormat('en');
const kilometres = new Intl.NumberFormat('en', { minimumFractionDigits: 3, maximumFractionDigits: 3 });

/** `2,000`. */
export function formatCount(n: number): string {
  return number.format(n);
}

/** `1 lap`, `2,000 cars`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${formatCount(n)} ${n === 1 ? one : many}`;
}

interface Progress {
  readonly status: string;
  /** The lap that the leader is on. */
  readonly leader_lap: number;
  /** The distance as far as it is known; 0 for a race by time. */
  readonly laps: number;
}

/** `20 laps`, `lap 3 of 20`, or `lap 3` without a distance; `ended on lap 3 of 20` for a race that ended early. */
export function lapProgress({ status, leader_lap: lap, laps }: Progress): string {
  if (status === 'waiting') return laps > 0 ? plural(laps, 'lap') : 'by time';
  const on = `lap ${formatCount(lap)}${laps > 0 ? ` of ${formatCount(laps)}` : ''}`;
  if (status !== 'finished') return on;
  return laps > 0 && lap >= laps ? plural(laps, 'lap') : `ended on ${on}`;
}

/** `5.891 km`. */
export function km(metres: number): string {
  return `${kilometres.format(metres / 1000)} km`;
}

/** `60×`; `as fast as possible` for 0. */
export function speed(times: number): string {
  return times === 0 ? 'as fast as possible' : `${formatCount(times)}×`;
}

/** `24 Nov, 15:04` in local time, with the year where it is not the current one. */
export function formatDate(iso: string, now = new Date()): string {
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
