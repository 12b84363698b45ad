import type { RaceEntry } from '../api';
import type { Entry } from '../live';

/** Converts entries of the REST API to those of live timing, for the car picker. */
export function toEntries(entries: readonly RaceEntry[]): Entry[] {
  return entries.map((e) => ({
    number: e.driver_number,
    code: e.name_acronym,
    name: e.full_name,
    team: e.team_name,
    colour: e.team_colour === '' ? '' : `#${e.team_colour}`,
    grid: e.grid_position,
  }));
}
