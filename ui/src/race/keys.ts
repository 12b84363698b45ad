/** What a key does on the page of a race. */
export type Action =
  'down' | 'up' | 'details' | 'pin' | 'gaps' | 'map' | 'tower' | 'control' | 'search' | 'keys' | 'escape';

/** Letters that act by themselves; a setting turns them off. */
const SINGLE: Readonly<Record<string, Action>> = {
  j: 'down',
  k: 'up',
  p: 'pin',
  g: 'gaps',
  m: 'map',
  t: 'tower',
  r: 'control',
  '/': 'search',
  '?': 'keys',
};
const ALWAYS: Readonly<Record<string, Action>> = {
  ArrowDown: 'down',
  ArrowUp: 'up',
  Enter: 'details',
  Escape: 'escape',
};

/** The keys as they are explained. */
export const EXPLAINED: readonly (readonly [keys: string, what: string])[] = [
  ['j k', 'select the next or the previous car; ↓ ↑ too, where they do not scroll what has the focus'],
  ['Enter', 'show or hide the details of the selected car'],
  ['p', 'pin the selected car above the list'],
  ['g', 'gap to the leader or to the car ahead, where there is room for one'],
  ['t m r', 'go to the tower, the map, race control'],
  ['/', 'find a car, in races of more than 60'],
  ['?', 'show the keys'],
  ['Esc', 'close, or select no car'],
];

/** The action of a key; null where somebody types, or where the key belongs to what has the focus. */
export function action(event: KeyboardEvent, singleKeys: boolean): Action | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const on = event.target;
  if (
    on instanceof HTMLInputElement ||
    on instanceof HTMLSelectElement ||
    on instanceof HTMLTextAreaElement
  ) {
    return event.key === 'Escape' ? 'escape' : null;
  }
  const always = ALWAYS[event.key];
  if (always === 'details' && (on instanceof HTMLButtonElement || on instanceof HTMLAnchorElement))
    return null;
  if ((always === 'up' || always === 'down') && scrolls(on)) return null;
  return always ?? (singleKeys ? (SINGLE[event.key] ?? null) : null);
}

/** Whether arrow keys scroll what has the focus, or what is around it. In a row of the tower they select. */
function scrolls(on: EventTarget | null): boolean {
  let at = on instanceof Element && !on.closest('tr') ? on : null;
  for (; at && at !== document.body; at = at.parentElement) {
    if (at.scrollHeight > at.clientHeight && /auto|scroll/.test(getComputedStyle(at).overflowY)) return true;
  }
  return false;
}
