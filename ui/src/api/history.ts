import { ask, race } from './ask';
import type { ClassifiedCar, Comparison, Lap, PitStop, RaceDetail, RaceEntry } from './history-types';

export async function getRace(id: string): Promise<RaceDetail> {
  return (await ask(race(id))) as RaceDetail;
}

export async function listEntries(id: string): Promise<readonly RaceEntry[]> {
  return ((await ask(`${race(id)}/entries`)) as { entries: RaceEntry[] }).entries;
}

/** In the order of the result, or in the order so far. */
export async function getOrder(id: string): Promise<readonly ClassifiedCar[]> {
  return ((await ask(`${race(id)}/classification`)) as { classification: ClassifiedCar[] }).classification;
}

/** The laps of some cars, by end time. */
export async function listLaps(id: string, cars: readonly number[]): Promise<readonly Lap[]> {
  return ((await ask(`${race(id)}/laps?cars=${cars.join(',')}`)) as { laps: Lap[] }).laps;
}

/** The laps at whose end a car led. */
export async function listLeadersLaps(id: string): Promise<readonly Lap[]> {
  return ((await ask(`${race(id)}/laps?position=1`)) as { laps: Lap[] }).laps;
}

export async function listPitStops(id: string): Promise<readonly PitStop[]> {
  return ((await ask(`${race(id)}/documents/pit_stops.json`)) as { rows: PitStop[] }).rows;
}

/** A car and one of its laps. */
export interface CarLap {
  readonly car: number;
  readonly lap: number;
}

export async function compareLaps(id: string, a: CarLap, b: CarLap, stepM: number): Promise<Comparison> {
  const query = `a=${a.car}:${a.lap}&b=${b.car}:${b.lap}&step=${stepM}`;
  return (await ask(`${race(id)}/compare?${query}`)) as Comparison;
}
