-- From version 3 to version 4: feeds, and telemetry of a few cars at a time. The head of a race is its record 1.
ALTER TABLE races DROP COLUMN head;
ALTER TABLE races ADD COLUMN last_tick INTEGER NOT NULL DEFAULT 0;
ALTER TABLE races ADD COLUMN samples_count INTEGER NOT NULL DEFAULT 0;
UPDATE races SET last_tick = coalesce((SELECT max(last_tick) FROM telemetry t WHERE t.race = races.id), 0);

-- Which batch brought a sample was not kept: any 20,000 (as many as a batch has at most) are told to a feed at once.
ALTER TABLE samples ADD COLUMN count INTEGER NOT NULL DEFAULT 0;
UPDATE samples SET count = n.count FROM (
  SELECT race, car, time_us, row_number() OVER (PARTITION BY race ORDER BY time_us, car) / 20000 + 1 AS count FROM samples
) n WHERE n.race = samples.race AND n.car = samples.car AND n.time_us = samples.time_us;
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
