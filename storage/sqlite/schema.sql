-- The schema of Lights Out, version 1. Times are race time in microseconds (_us) or milliseconds (_ms); a car is the
-- slot of its entry, from 0.
CREATE TABLE races (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  kind       TEXT NOT NULL,             -- simulation, external
  circuit    TEXT NOT NULL,
  cars       INTEGER NOT NULL,
  laps       INTEGER NOT NULL,          -- 0: by time
  status     INTEGER NOT NULL,          -- 0 waiting 1 running 2 paused 3 finished 4 failed
  leader_lap INTEGER NOT NULL DEFAULT 0,
  winner     TEXT NOT NULL DEFAULT '',  -- the winner's code, once there is a result
  created_at INTEGER NOT NULL,          -- UTC nanoseconds
  head       BLOB NOT NULL,             -- the announcing record as a message of the wire
  last_seq   INTEGER NOT NULL DEFAULT 0,
  last_count INTEGER NOT NULL DEFAULT 0, -- the producer's own count of its batches
  facts_seq  INTEGER NOT NULL DEFAULT 0  -- what follows from the records is kept up to here
) STRICT;

CREATE TABLE entries (
  race TEXT NOT NULL, car INTEGER NOT NULL,
  driver_number INTEGER NOT NULL, name_acronym TEXT NOT NULL, full_name TEXT NOT NULL, team_name TEXT NOT NULL,
  team_colour TEXT NOT NULL, grid_position INTEGER NOT NULL, pit_lane_start INTEGER NOT NULL,
  start_offset_m INTEGER NOT NULL,
  PRIMARY KEY (race, car)
) STRICT, WITHOUT ROWID;

-- The log. A passing has its columns filled and no body; any other record has a body, a message of the wire.
CREATE TABLE records (
  race TEXT NOT NULL, seq INTEGER NOT NULL,
  time_us INTEGER NOT NULL, recorded_at INTEGER NOT NULL,
  car INTEGER, line INTEGER, in_pit INTEGER, speed_kmh INTEGER,
  body BLOB,
  PRIMARY KEY (race, seq)
) STRICT, WITHOUT ROWID;

CREATE VIEW passings AS
  SELECT r.race, r.seq, r.car, e.driver_number, e.name_acronym, r.line, r.time_us, r.in_pit, r.speed_kmh, r.recorded_at
  FROM records r JOIN entries e ON e.race = r.race AND e.car = r.car WHERE r.body IS NULL;

CREATE TABLE laps (
  race TEXT NOT NULL, car INTEGER NOT NULL, lap_number INTEGER NOT NULL,
  lap_duration_ms INTEGER NOT NULL, sector_1_ms INTEGER NOT NULL, sector_2_ms INTEGER NOT NULL,
  sector_3_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, position INTEGER NOT NULL, compound INTEGER NOT NULL,
  tyre_age INTEGER NOT NULL, pit_in INTEGER NOT NULL, pit_out INTEGER NOT NULL, flag INTEGER NOT NULL,
  mark INTEGER NOT NULL,
  PRIMARY KEY (race, car, lap_number)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  race TEXT NOT NULL, seq INTEGER NOT NULL, ordinal INTEGER NOT NULL, kind TEXT NOT NULL, kind_code INTEGER NOT NULL,
  car INTEGER NOT NULL, lap_number INTEGER NOT NULL, time_ms INTEGER NOT NULL, value INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (race, seq, ordinal)
) STRICT, WITHOUT ROWID;

-- Every version of a result is kept; the one with the highest seq counts. Times are -1 where they do not apply.
CREATE TABLE classifications (
  race TEXT NOT NULL, seq INTEGER NOT NULL, place INTEGER NOT NULL, final INTEGER NOT NULL,
  position INTEGER NOT NULL, car INTEGER NOT NULL, laps INTEGER NOT NULL, status INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL, gap_ms INTEGER NOT NULL, gap_laps INTEGER NOT NULL, interval_ms INTEGER NOT NULL,
  penalty_ms INTEGER NOT NULL, best_lap_ms INTEGER NOT NULL, best_lap INTEGER NOT NULL, reason TEXT NOT NULL,
  state_hash TEXT NOT NULL,
  PRIMARY KEY (race, seq, place)
) STRICT, WITHOUT ROWID;

-- Telemetry: blocks of consecutive ticks (FORMAT.md).
CREATE TABLE telemetry (
  race TEXT NOT NULL, first_tick INTEGER NOT NULL, last_tick INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (race, first_tick)
) STRICT, WITHOUT ROWID;

-- What the producer of a race needs to go on after its last batch.
CREATE TABLE snapshots (
  race TEXT PRIMARY KEY, count INTEGER NOT NULL, data BLOB NOT NULL
) STRICT, WITHOUT ROWID;
