/** The charts of the page, by their names in the address. */
export const VIEWS = ['positions', 'gaps', 'stints', 'times', 'compare'] as const;
export type ViewName = (typeof VIEWS)[number];

export const TITLES: Readonly<Record<ViewName, string>> = {
  positions: 'Lap chart',
  gaps: 'Race trace',
  stints: 'Stints',
  times: 'Lap times',
  compare: 'Two laps',
};

/** What the part of the address behind # shows: a chart, and the laps that are compared. */
export interface Address {
  readonly view: ViewName;
  readonly rest: readonly string[];
}

/** Reads `#compare/1:12/44:12`. */
export function readHash(hash: string): Address {
  const [name, ...rest] = hash.replace(/^#/, '').split('/');
  return { view: VIEWS.find((view) => view === name) ?? 'positions', rest };
}

export function hashOf(view: ViewName, ...rest: readonly string[]): string {
  return `#${[view, ...rest].join('/')}`;
}
