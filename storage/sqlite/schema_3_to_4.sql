-- From version 3 to version 4: feeds, and telemetry of a few cars at a time. The head of a race is its record 1.
ALTER TABLE races DROP COLUMN head;
ALTER TABLE races ADD COLUMN last_tick INTEGER NOT NULL DEFAULT 0;
ALTER TABLE races ADD COLUMN samples_count INTEGER NOT NULL DEFAULT 0;
UPDATE races SET last_tick = coalesce((SELECT max(last_tick) FROM telemetry t WHERE t.race = races.id), 0);

-- Which batch brought a sample was not kept: any 20,000 (as many as a batch has at most) are told to a feed at once.
ALTER TABLE samples RENAME TO samples_3;
CREATE TABLE samples (
  race TEXT NOT NULL, car INTEGER NOT NULL, time_us INTEGER NOT NULL,
  speed_kmh INTEGER, rpm INTEGER, n_gear INTEGER, throttle INTEGER, brake INTEGER, drs INTEGER, x_dm INTEGER, y_dm INTEGER,
  count INTEGER NOT NULL DEFAULT 0,     -- of the batch that brought it last
  PRIMARY KEY (race, car, time_us)
) STRICT, WITHOUT ROWID;
INSERT INTO samples SELECT *, row_number() OVER (PARTITION BY race ORDER BY race, car, time_us) / 20000 + 1 FROM samples_3;
DROP TABLE samples_3;
CREATE INDEX samples_by_batch ON samples (race, count);
UPDATE races SET samples_count = coalesce((SELECT max(count) FROM samples s WHERE s.race = races.id), 0);

-- How far the log is fed to other stores. A feed without a race says that the feed is there.
CREATE TABLE feeds (
  feed TEXT NOT NULL, race TEXT NOT NULL,
  seq INTEGER NOT NULL DEFAULT 0, tick INTEGER NOT NULL DEFAULT 0, count INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (feed, race)
) STRICT, WITHOUT ROWID;

-- Points that another store did not take, and why; at is UTC nanoseconds.
CREATE TABLE feed_rejects (
  feed TEXT NOT NULL, race TEXT NOT NULL, at INTEGER NOT NULL, line TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (feed, race, line)
) STRICT, WITHOUT ROWID;

-- Blocks stay as they are: of all cars (version 1 of FORMAT.md).
ALTER TABLE telemetry RENAME TO telemetry_3;
-- Telemetry: blocks of consecutive ticks of a few neighbouring cars (FORMAT.md).
CREATE TABLE telemetry (
  race TEXT NOT NULL, first_car INTEGER NOT NULL, last_car INTEGER NOT NULL, first_tick INTEGER NOT NULL,
  last_tick INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (race, first_car, first_tick)
) STRICT;

-- Ticks that do not fill a block yet, all cars of each.
CREATE TABLE frames (race TEXT NOT NULL, tick INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (race, tick)) STRICT;

INSERT INTO telemetry SELECT t.race, 0, r.cars - 1, t.first_tick, t.last_tick, t.data FROM telemetry_3 t JOIN races r ON r.id = t.race
  WHERE t.first_tick < t.last_tick;
INSERT INTO frames SELECT race, first_tick, data FROM telemetry_3 WHERE first_tick = last_tick;
DROP TABLE telemetry_3;
