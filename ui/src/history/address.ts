/** The charts of the page by their names in the address. */
export const VIEWS = ['positions', 'gaps', 'stints', 'times', 'compare'] as const;
export type ViewName = (typeof VIEWS)[number];

export const TITLES: Readonly<Record<ViewName, string>> = {
  positions: 'Lap chart',
  gaps: 'Race trace',
  stints: 'Stints',
  times: 'Lap times',
  compare: 'Two laps',
};

/** The fragment of the address: a chart, and the laps to compare. */
export interface Address {
  readonly view: ViewName;
  readonly laps: readonly string[];
}

/** Parses `#compare/1:12/44:12`. */
export function readHash(hash: string): Address {
  const [name, ...laps] = hash.replace(/^#/, '').split('/');
  return { view: VIEWS.find((view) => view === name) ?? 'positions', laps };
}

export function hashOf(view: ViewName, ...laps: readonly string[]): string {
  return `#${[view, ...laps].join('/')}`;
}
