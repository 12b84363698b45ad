-- The schema of Lights Out, version 8. Times are race time in microseconds (_us) or milliseconds (_ms); a car is the
-- slot of its entry, from 0.
-- The text of the statements, with comments in them, must fit into two pages: VACUUM would put a third one behind the data, where salvage does
-- not find it.
PRAGMA application_id = 1280275828; -- "LOut"

-- created_at and started_at are UTC nanoseconds. started_at is of the start signal, 0: not given yet; records count from it. start_moved_us is how
-- far it was moved since; laps, events and results count from there. What follows from the records is kept up to facts_seq.
CREATE TABLE races (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  kind       TEXT NOT NULL,             -- simulation, external
  circuit    TEXT NOT NULL,
  cars       INTEGER NOT NULL,
  laps       INTEGER NOT NULL,          -- the distance as far as it is known; 0: by time
  status     INTEGER NOT NULL,          -- 0 waiting 1 running 2 paused 3 finished 4 failed
  leader_lap INTEGER NOT NULL DEFAULT 0,
  winner     TEXT NOT NULL DEFAULT '',  -- the winner's code, once there is a result
  created_at INTEGER NOT NULL,
  last_seq   INTEGER NOT NULL DEFAULT 0,
  last_count INTEGER NOT NULL DEFAULT 0, -- the producer's own count of its batches
  facts_seq  INTEGER NOT NULL DEFAULT 0,
  started_at INTEGER NOT NULL DEFAULT 0,
  start_moved_us INTEGER NOT NULL DEFAULT 0,
  last_tick  INTEGER NOT NULL DEFAULT 0, -- of the telemetry
  samples_count INTEGER NOT NULL DEFAULT 0 -- of the last batch that brought samples
) STRICT;

CREATE TABLE entries (
  race TEXT NOT NULL, car INTEGER NOT NULL,
  driver_number INTEGER NOT NULL, name_acronym TEXT NOT NULL, full_name TEXT NOT NULL, team_name TEXT NOT NULL,
  team_colour TEXT NOT NULL, grid_position INTEGER NOT NULL, pit_lane_start INTEGER NOT NULL,
  start_offset_m INTEGER NOT NULL, transponders TEXT NOT NULL, -- separated by spaces
  PRIMARY KEY (race, car)
) STRICT, WITHOUT ROWID;

-- The log. A passing has its columns set and no body; any other record has a body, a message of the wire format.
CREATE TABLE records (
  race TEXT NOT NULL, seq INTEGER NOT NULL,
  time_us INTEGER NOT NULL, recorded_at INTEGER NOT NULL,
  author TEXT NOT NULL DEFAULT '',      -- who ordered it; empty for what machines report
  car INTEGER, line INTEGER, in_pit INTEGER, speed_kmh INTEGER,
  decoder TEXT, session TEXT, sequence INTEGER, transponder TEXT, -- where a real hit comes from
  body BLOB,
  PRIMARY KEY (race, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX records_told ON records (race, seq) WHERE body IS NOT NULL; -- what is no passing

-- Verdicts on passings, by record: 0 accepted 1 duplicate 2 suspect 3 rejected 4 estimated 5 after_the_end. A passing that is accepted with the
-- car and time of its record has no row here. car is -1 where nobody knows; split_us is when a missed crossing of the finish line will have been.
CREATE TABLE verdicts (
  race TEXT NOT NULL, seq INTEGER NOT NULL,
  car INTEGER NOT NULL,
  line INTEGER NOT NULL, time_us INTEGER NOT NULL,
  verdict INTEGER NOT NULL,
  reason TEXT NOT NULL,
  split_us INTEGER,
  PRIMARY KEY (race, seq)
) STRICT, WITHOUT ROWID;

CREATE VIEW passings AS
  SELECT r.race, r.seq, coalesce(v.car, r.car) AS car, e.driver_number, e.name_acronym, r.line,
    coalesce(v.time_us, r.time_us) AS time_us, r.in_pit, r.speed_kmh, r.recorded_at, r.decoder, r.session, r.sequence,
    r.transponder, coalesce(v.verdict, 0) AS verdict, coalesce(v.reason, '') AS reason, v.split_us
  FROM records r LEFT JOIN verdicts v ON v.race = r.race AND v.seq = r.seq
  LEFT JOIN entries e ON e.race = r.race AND e.car = coalesce(v.car, r.car) WHERE r.body IS NULL
  UNION ALL
  SELECT v.race, v.seq, v.car, e.driver_number, e.name_acronym, v.line, v.time_us, 0, 0, r.recorded_at, NULL, NULL, NULL,
    NULL, v.verdict, v.reason, v.split_us
  FROM verdicts v JOIN records r ON r.race = v.race AND r.seq = v.seq AND r.body IS NOT NULL
  LEFT JOIN entries e ON e.race = v.race AND e.car = v.car;

CREATE TABLE laps (
  race TEXT NOT NULL, car INTEGER NOT NULL, lap_number INTEGER NOT NULL,
  lap_duration_ms INTEGER NOT NULL, sector_1_ms INTEGER NOT NULL, sector_2_ms INTEGER NOT NULL,
  sector_3_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, position INTEGER NOT NULL, compound INTEGER NOT NULL,
  tyre_age INTEGER NOT NULL, pit_in INTEGER NOT NULL, pit_out INTEGER NOT NULL, flag INTEGER NOT NULL,
  mark INTEGER NOT NULL, deleted INTEGER NOT NULL,
  passing INTEGER NOT NULL,             -- the record of the passing that ended it; 0: not known
  PRIMARY KEY (race, car, lap_number)
) STRICT, WITHOUT ROWID;

-- The current events; events withdrawn by a correction are deleted. of_seq is the event's record, 0 for the start, the
-- chequered flag and the result.
CREATE TABLE events (
  race TEXT NOT NULL, kind TEXT NOT NULL, of_seq INTEGER NOT NULL, car INTEGER NOT NULL,
  kind_code INTEGER NOT NULL, lap_number INTEGER NOT NULL, time_ms INTEGER NOT NULL, value INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (race, kind, of_seq, car)
) STRICT, WITHOUT ROWID;

-- All versions of the result; the newest is in force.
CREATE TABLE results (
  race TEXT NOT NULL, version INTEGER NOT NULL, seq INTEGER NOT NULL, -- the record that made it
  status INTEGER NOT NULL,              -- 0 provisional 1 final 2 amended
  author TEXT NOT NULL, reason TEXT NOT NULL, state_hash TEXT NOT NULL,
  PRIMARY KEY (race, version)
) STRICT, WITHOUT ROWID;

-- The lines of each version. Times are -1 where they do not apply.
CREATE TABLE classifications (
  race TEXT NOT NULL, version INTEGER NOT NULL, place INTEGER NOT NULL,
  position INTEGER NOT NULL, car INTEGER NOT NULL, laps INTEGER NOT NULL, status INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL, gap_ms INTEGER NOT NULL, gap_laps INTEGER NOT NULL, interval_ms INTEGER NOT NULL,
  penalty_ms INTEGER NOT NULL, best_lap_ms INTEGER NOT NULL, best_lap INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (race, version, place)
) STRICT, WITHOUT ROWID;

-- Telemetry: blocks of consecutive ticks of a few neighbouring cars (FORMAT.md).
CREATE TABLE telemetry (
  race TEXT NOT NULL, first_car INTEGER NOT NULL, last_car INTEGER NOT NULL, first_tick INTEGER NOT NULL,
  last_tick INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (race, first_car, first_tick)
) STRICT;

-- Ticks that do not fill a block yet, with all cars.
CREATE TABLE frames (race TEXT NOT NULL, tick INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (race, tick)) STRICT;

-- The state of a race's producer after its last batch.
CREATE TABLE snapshots (
  race TEXT PRIMARY KEY, count INTEGER NOT NULL, data BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Telemetry samples of real cars; NULL means not reported. Two reports of the same car and instant are one sample: the later
-- report replaces the channels that it has, the others stay.
CREATE TABLE samples (
  race TEXT NOT NULL, car INTEGER NOT NULL, time_us INTEGER NOT NULL,
  speed_kmh INTEGER, rpm INTEGER, n_gear INTEGER, throttle INTEGER, brake INTEGER, drs INTEGER, x_dm INTEGER, y_dm INTEGER,
  count INTEGER NOT NULL DEFAULT 0,     -- of the batch that brought it last
  speed_tenth INTEGER,                  -- tenths of a km/h on top of speed_kmh; NULL: none
  PRIMARY KEY (race, car, time_us)
) STRICT, WITHOUT ROWID;
CREATE INDEX samples_by_batch ON samples (race, count);

-- The keys of ingested reports, to recognise repeats: with the batch that each was kept with, and a hash of its content.
CREATE TABLE requests (
  race TEXT NOT NULL, count INTEGER NOT NULL, key TEXT NOT NULL, hash INTEGER NOT NULL,
  first_seq INTEGER NOT NULL, records INTEGER NOT NULL, samples INTEGER NOT NULL, repeated INTEGER NOT NULL,
  PRIMARY KEY (race, count)
) STRICT, WITHOUT ROWID;

-- Records that the rules do not allow, with the reason.
CREATE TABLE refusals (
  race TEXT NOT NULL, seq INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (race, seq)
) STRICT, WITHOUT ROWID;

-- Imported circuits, in the project's text format.
CREATE TABLE circuits (key TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- The cursors of feeds to other stores. A row without a race registers the feed.
CREATE TABLE feeds (
  feed TEXT NOT NULL, race TEXT NOT NULL,
  seq INTEGER NOT NULL DEFAULT 0, tick INTEGER NOT NULL DEFAULT 0, count INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (feed, race)
) STRICT, WITHOUT ROWID;

-- Dead letters: points that another store refused, with the reason; at is UTC nanoseconds.
CREATE TABLE feed_rejects (
  feed TEXT NOT NULL, race TEXT NOT NULL, at INTEGER NOT NULL, line TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (feed, race, line)
) STRICT, WITHOUT ROWID;

-- How far the file follows a log outside it: by partition, as that log's reader wrote it.
CREATE TABLE marks (name TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- Drills on this server. A row without a race is an order for races to come. data is JSON, as the drills write it.
CREATE TABLE drills (number INTEGER PRIMARY KEY, race TEXT NOT NULL, data TEXT NOT NULL) STRICT;

-- What a drill leaves, in parts: its strikes as JSON Lines while it is on, then its folder as a zip file.
CREATE TABLE drill_files (
  race TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (race, number, file, part)
) STRICT, WITHOUT ROWID;
