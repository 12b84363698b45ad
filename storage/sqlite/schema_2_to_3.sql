-- From version 2 to version 3: what comes from outside.
ALTER TABLE races ADD COLUMN started_at INTEGER NOT NULL DEFAULT 0;

-- What real cars reported of themselves; NULL: not reported. The same car at the same instant is the same sample.
CREATE TABLE samples (
  race TEXT NOT NULL, car INTEGER NOT NULL, time_us INTEGER NOT NULL,
  speed_kmh INTEGER, rpm INTEGER, n_gear INTEGER, throttle INTEGER, brake INTEGER, drs INTEGER, x_dm INTEGER, y_dm INTEGER,
  PRIMARY KEY (race, car, time_us)
) STRICT, WITHOUT ROWID;

-- The names of what was taken in from outside, so that a repeat of it changes nothing.
CREATE TABLE requests (
  race TEXT NOT NULL, count INTEGER NOT NULL,       -- the batch that it was kept with
  key TEXT NOT NULL, hash INTEGER NOT NULL,         -- of its content
  first_seq INTEGER NOT NULL, records INTEGER NOT NULL, samples INTEGER NOT NULL, repeated INTEGER NOT NULL,
  PRIMARY KEY (race, count)
) STRICT, WITHOUT ROWID;

-- Records that the rulebook does not allow, and why.
CREATE TABLE refusals (
  race TEXT NOT NULL, seq INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (race, seq)
) STRICT, WITHOUT ROWID;

-- Circuits that were imported, in the project's own text format.
CREATE TABLE circuits (key TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
