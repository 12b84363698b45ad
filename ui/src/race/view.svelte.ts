import type { BoardView } from '../live';
import { loadTabState, saveTabState, settings } from '../choices';
import { neighbouringCar } from '../timing';
import type { Action } from './keys';

export const TABS = ['Tower', 'Map', 'Control'] as const;
export type Tab = (typeof TABS)[number];

export const PINS_MAX = 5;

/** What a visitor looks at on the page of a race. */
export class View {
  #tab = $state<Tab>('Tower');
  #selected = $state<number | null>(null);
  #expanded = $state(false);
  #pins = $state.raw<readonly number[]>([]);
  #keys = $state(false);
  #note = $state('');
  #search = $state('');
  readonly #name: string;

  /** A view of a race as this tab left it. */
  constructor(id: string) {
    this.#name = `lightsout.view.${id}`;
    const kept = loadTabState(this.#name);
    if (!Array.isArray(kept)) return;
    const [tab, selected, expanded, pins] = kept as readonly unknown[];
    this.#tab = TABS.find((name) => name === tab) ?? 'Tower';
    this.#selected = isCar(selected) ? selected : null;
    this.#expanded = expanded === true && this.#selected !== null;
    this.#pins = Array.isArray(pins) ? pins.filter(isCar).slice(0, PINS_MAX) : [];
  }

  /** Keeps it for Back and for a reload; to be called in an effect. */
  keep(): void {
    saveTabState(this.#name, [this.#tab, this.#selected, this.#expanded, this.#pins]);
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
  /** The cars that are kept above the list, 5 at most. */
  get pins(): readonly number[] {
    return this.#pins;
  }
  /** What is looked for in a long list. */
  get search(): string {
    return this.#search;
  }
  set search(text: string) {
    this.#search = text;
  }
  /** Whether the keys are explained. */
  get keys(): boolean {
    return this.#keys;
  }
  /** What could not be done, in words. */
  get note(): string {
    return this.#note;
  }

  /** Says what could not be done; null: nothing. */
  say(note: string | null): void {
    this.#note = note ?? '';
  }

  show(tab: Tab): void {
    this.#tab = tab;
  }

  explain(open: boolean): void {
    this.#keys = open;
  }

  /** Selects a car, with details if those of another were shown. */
  select(car: number): void {
    this.#note = '';
    this.#selected = car;
  }

  /** Shows the details of a car, or where they are shown closes them and selects none. */
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

  /** Does what a key asks for, and says whether there was anything to do. */
  act(action: Action, board: BoardView): boolean {
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
