/** The action of a shortcut on the race page. */
export type Action =
  'down' | 'up' | 'details' | 'pin' | 'gaps' | 'map' | 'tower' | 'control' | 'search' | 'keys' | 'escape';

/** Single-letter shortcuts; a setting turns them off. */
const SINGLE_KEYS: Readonly<Record<string, Action>> = {
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
const OTHER_KEYS: Readonly<Record<string, Action>> = {
  ArrowDown: 'down',
  ArrowUp: 'up',
  Enter: 'details',
  Escape: 'escape',
};

/** The shortcuts as the dialog explains them. */
export const KEY_HELP: readonly (readonly [keys: string, what: string])[] = [
  ['j k', 'select the next or previous car; ↓ ↑ too, unless they scroll the focused region'],
  ['Enter', 'show or hide the details of the selected car'],
  ['p', 'pin the selected car above the list'],
  ['g', 'show gaps or intervals, where only one column fits'],
  ['t m r', 'go to the tower, the map, race control'],
  ['/', 'find a car, in fields of more than 60'],
  ['?', 'show the shortcuts'],
  ['Esc', 'close the details, or deselect the car'],
];

/** The action of a key; null in a text field, or where the focused element uses the key. */
export function actionFor(event: KeyboardEvent, singleKeys: boolean): Action | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const target = event.target;
  if (
    target instanceof HTMLInputElement ||
    target instanceof HTMLSelectElement ||
    target instanceof HTMLTextAreaElement
  ) {
    return event.key === 'Escape' ? 'escape' : null;
  }
  const other = OTHER_KEYS[event.key];
  if (other === 'details' && (target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement))
    return null;
  if ((other === 'up' || other === 'down') && scrollsWithArrows(target)) return null;
  return other ?? (singleKeys ? (SINGLE_KEYS[event.key] ?? null) : null);
}

/** Whether arrow keys scroll the focused element or one around it. In a row of the tower they select. */
function scrollsWithArrows(target: EventTarget | null): boolean {
  let at = target instanceof Element && !target.closest('tr') ? target : null;
  for (; at && at !== document.body; at = at.parentElement) {
    if (at.scrollHeight > at.clientHeight && /auto|scroll/.test(getComputedStyle(at).overflowY)) return true;
  }
  return false;
}
