import { isolate } from '../format';
import type { Entry } from '../live';

/** What is typed for a car: "44 HAM". */
export function named(entry: Entry): string {
  const number = String(entry.number);
  return entry.code === number ? number : `${number} ${entry.code}`;
}

/** How a car is named in a sentence: the same, with its code isolated. */
export function called(entry: Entry): string {
  return named({ ...entry, code: isolate(entry.code) });
}

export function carName(entries: readonly Entry[], number: number): string {
  const entry = entries.find((e) => e.number === number);
  return entry ? called(entry) : String(number);
}

/** The cars whose number, code, name or team holds what was typed; whole numbers and codes first. */
export function matching(entries: readonly Entry[], text: string, most: number): readonly Entry[] {
  const wanted = text.trim().toLowerCase();
  const exact = (e: Entry): boolean => String(e.number) === wanted || e.code.toLowerCase() === wanted;
  const near = entries.filter((e) =>
    `${e.number} ${e.code} ${e.name} ${e.team}`.toLowerCase().includes(wanted),
  );
  return [...near.filter(exact), ...near.filter((e) => !exact(e))].slice(0, most);
}

/** The one car that is meant: by its number, its code, or both as `named` writes them. Null where none or several are. */
export function carOf(entries: readonly Entry[], text: string): Entry | null {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return null;
  const found =
    entries.find((e) => String(e.number) === wanted || named(e).toLowerCase() === wanted) ??
    only(entries.filter((e) => e.code.toLowerCase() === wanted));
  return found ?? null;
}

function only(entries: readonly Entry[]): Entry | undefined {
  return entries.length === 1 ? entries[0] : undefined;
}
