import { request, racePath } from './request';
import type { ClassifiedCar, Comparison, Lap, PitStop, RaceDetail, RaceEntry } from './history-types';

export async function getRace(id: string): Promise<RaceDetail> {
  return (await request(racePath(id))) as RaceDetail;
}

export async function listEntries(id: string): Promise<readonly RaceEntry[]> {
  return ((await request(`${racePath(id)}/entries`)) as { entries: RaceEntry[] }).entries;
}

/** In the order of the result, or in the current order. */
export async function getClassification(id: string): Promise<readonly ClassifiedCar[]> {
  return ((await request(`${racePath(id)}/classification`)) as { classification: ClassifiedCar[] })
    .classification;
}

/** The laps of some cars, by end time. */
export async function listLaps(id: string, cars: readonly number[]): Promise<readonly Lap[]> {
  return ((await request(`${racePath(id)}/laps?cars=${cars.join(',')}`)) as { laps: Lap[] }).laps;
}

/** The laps that the leader completed. */
export async function listLeadersLaps(id: string): Promise<readonly Lap[]> {
  return ((await request(`${racePath(id)}/laps?position=1`)) as { laps: Lap[] }).laps;
}

export async function listPitStops(id: string): Promise<readonly PitStop[]> {
  return ((await request(`${racePath(id)}/documents/pit_stops.json`)) as { rows: PitStop[] }).rows;
}

/** A lap, by car number and lap number. */
export interface CarLap {
  readonly car: number;
  readonly lap: number;
}

export async function compareLaps(id: string, a: CarLap, b: CarLap, stepM: number): Promise<Comparison> {
  const query = `a=${a.car}:${a.lap}&b=${b.car}:${b.lap}&step=${stepM}`;
  return (await request(`${racePath(id)}/compare?${query}`)) as Comparison;
}
