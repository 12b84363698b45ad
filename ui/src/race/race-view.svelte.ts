import type { BoardView } from '../live';
import { loadTabState, saveTabState, settings } from '../choices';
import { neighbouringCar } from '../timing';
import type { Action } from './keys';

export const TABS = ['Tower', 'Map', 'Control'] as const;
export type Tab = (typeof TABS)[number];

export const PINS_MAX = 5;

/** What a visitor has selected on the race page. */
export class RaceView {
  #tab = $state<Tab>('Tower');
  #selected = $state<number | null>(null);
  #expanded = $state(false);
  #pins = $state.raw<readonly number[]>([]);
  #keys = $state(false);
  #note = $state('');
  #search = $state('');
  readonly #storageKey: string;

  /** Restores the view that this tab saved. */
  constructor(id: string) {
    this.#storageKey = `lightsout.view.${id}`;
    const saved = loadTabState(this.#storageKey);
    if (!Array.isArray(saved)) return;
    const [tab, selected, expanded, pins] = saved as readonly unknown[];
    this.#tab = TABS.find((name) => name === tab) ?? 'Tower';
    this.#selected = isCar(selected) ? selected : null;
    this.#expanded = expanded === true && this.#selected !== null;
    this.#pins = Array.isArray(pins) ? pins.filter(isCar).slice(0, PINS_MAX) : [];
  }

  /** Saves the view for Back and for a reload; call it in an effect. */
  save(): void {
    saveTabState(this.#storageKey, [this.#tab, this.#selected, this.#expanded, this.#pins]);
  }

  get tab(): Tab {
    return this.#tab;
  }
  get selected(): number | null {
    return this.#selected;
  }
  /** Whether the details of the selected car are shown. */
  get expanded(): boolean {
    return this.#expanded;
  }
  /** The cars pinned above the list, at most PINS_MAX. */
  get pins(): readonly number[] {
    return this.#pins;
  }
  /** The search text of a long list. */
  get search(): string {
    return this.#search;
  }
  set search(text: string) {
    this.#search = text;
  }
  /** Whether the shortcuts dialog is open. */
  get keys(): boolean {
    return this.#keys;
  }
  /** Why the last action failed. */
  get note(): string {
    return this.#note;
  }

  /** Shows why an action failed; null clears the note. */
  setNote(note: string | null): void {
    this.#note = note ?? '';
  }

  show(tab: Tab): void {
    this.#tab = tab;
  }

  showKeys(open: boolean): void {
    this.#keys = open;
  }

  /** Selects a car; open details switch to it. */
  select(car: number): void {
    this.#note = '';
    this.#selected = car;
  }

  /** Shows the details of a car, or hides them and deselects it. */
  open(car: number): void {
    const shown = car === this.#selected && this.#expanded;
    this.#note = '';
    this.#selected = shown ? null : car;
    this.#expanded = !shown;
  }

  pin(car: number): void {
    this.#note = '';
    if (this.#pins.includes(car)) {
      this.#pins = this.#pins.filter((one) => one !== car);
    } else if (this.#pins.length < PINS_MAX) {
      this.#pins = [...this.#pins, car];
    } else {
      this.#note = `${PINS_MAX} cars are pinned already: unpin one first.`;
    }
  }

  /** Performs the action of a key and reports whether it did anything. */
  perform(action: Action, board: BoardView): boolean {
    switch (action) {
      case 'down':
      case 'up':
        this.#selected = neighbouringCar(board, this.#selected, action === 'down' ? 1 : -1, this.#search);
        return true;
      case 'details':
        this.#expanded = !this.#expanded && this.#selected !== null;
        return this.#selected !== null;
      case 'pin':
        if (this.#selected !== null) this.pin(this.#selected);
        return true;
      case 'gaps':
        settings.gaps = !settings.gaps;
        return true;
      case 'tower':
      case 'map':
      case 'control':
        this.#tab = TABS[['tower', 'map', 'control'].indexOf(action)] ?? 'Tower';
        document.querySelector<HTMLElement>(`[data-pane="${action}"]`)?.focus();
        return true;
      case 'search':
        document.querySelector<HTMLElement>('[data-search]')?.focus();
        return true;
      case 'keys':
        this.#keys = true;
        return true;
      case 'escape':
        if (this.#expanded) this.#expanded = false;
        else this.#selected = null;
        return false;
    }
  }
}

const isCar = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
