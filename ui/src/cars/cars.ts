import { isolate } from '../format';
import type { Entry } from '../live';

/** A car's label as it is typed: "44 HAM". */
export function carLabel(entry: Entry): string {
  const number = String(entry.number);
  return entry.code === number ? number : `${number} ${entry.code}`;
}

/** A car's label for a sentence: its code is isolated. */
export function carText(entry: Entry): string {
  return carLabel({ ...entry, code: isolate(entry.code) });
}

export function carTextByNumber(entries: readonly Entry[], number: number): string {
  const entry = entries.find((e) => e.number === number);
  return entry ? carText(entry) : String(number);
}

/** The cars whose number, code, name or team contains the text; exact matches first. */
export function matchingCars(entries: readonly Entry[], text: string, max: number): readonly Entry[] {
  const query = text.trim().toLowerCase();
  const exact = (e: Entry): boolean => String(e.number) === query || e.code.toLowerCase() === query;
  const matches = entries.filter((e) =>
    `${e.number} ${e.code} ${e.name} ${e.team}`.toLowerCase().includes(query),
  );
  return [...matches.filter(exact), ...matches.filter((e) => !exact(e))].slice(0, max);
}

/** Finds a car by its number, its code, or its label. Null for no match or several. */
export function findCar(entries: readonly Entry[], text: string): Entry | null {
  const query = text.trim().toLowerCase();
  if (query === '') return null;
  const found =
    entries.find((e) => String(e.number) === query || carLabel(e).toLowerCase() === query) ??
    single(entries.filter((e) => e.code.toLowerCase() === query));
  return found ?? null;
}

function single(entries: readonly Entry[]): Entry | undefined {
  return entries.length === 1 ? entries[0] : undefined;
}
