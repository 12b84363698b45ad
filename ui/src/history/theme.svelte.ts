import { MediaQuery } from 'svelte/reactivity';

const NAMES = ['text', 'muted', 'hairline', 'panel', 'focus', 'amber'] as const;

/** The page's colours as a canvas needs them. */
export type Theme = Readonly<Record<(typeof NAMES)[number], string>>;

const dark = new MediaQuery('prefers-color-scheme: dark');

/** Resolves the style sheet's variables in the current theme; reactive to a change of theme. */
export function themeNow(): Theme {
  void dark.current;
  const probe = document.createElement('span');
  document.body.append(probe);
  const found = NAMES.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(found) as Theme;
}
