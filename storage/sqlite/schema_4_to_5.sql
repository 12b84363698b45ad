-- From version 4 to version 5: laps name the passing that ended them, events the record that they are about. Positions and
-- marks follow from the laps, not from when they arrived.
ALTER TABLE races ADD COLUMN start_moved_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE laps ADD COLUMN passing INTEGER NOT NULL DEFAULT 0; -- the record of the passing that ended it; 0: not known
UPDATE laps SET position = l.position FROM (
  SELECT race, car, lap_number, rank() OVER (PARTITION BY race, lap_number ORDER BY end_ms) AS position FROM laps) l
  WHERE laps.race = l.race AND laps.car = l.car AND laps.lap_number = l.lap_number;
UPDATE laps SET mark = CASE WHEN l.deleted OR l.own > 1 THEN 1 WHEN l.of_all > 1 THEN 2 ELSE 3 END FROM (
  SELECT race, car, lap_number, deleted,
    row_number() OVER (PARTITION BY race, car ORDER BY deleted, lap_duration_ms, end_ms) AS own,
    row_number() OVER (PARTITION BY race ORDER BY deleted, lap_duration_ms, end_ms, car) AS of_all FROM laps) l
  WHERE laps.race = l.race AND laps.car = l.car AND laps.lap_number = l.lap_number;

ALTER TABLE events RENAME TO events_4;
CREATE TABLE events (
  race TEXT NOT NULL, kind TEXT NOT NULL, of_seq INTEGER NOT NULL, car INTEGER NOT NULL,
  kind_code INTEGER NOT NULL, lap_number INTEGER NOT NULL, time_ms INTEGER NOT NULL, value INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (race, kind, of_seq, car)
) STRICT, WITHOUT ROWID;
INSERT OR REPLACE INTO events SELECT race, kind, CASE WHEN kind IN ('start', 'chequered', 'result') THEN 0 ELSE seq END, car,
  kind_code, lap_number, time_ms, CASE WHEN kind = 'result' THEN 1 ELSE value END, text FROM events_4 ORDER BY race, seq, ordinal;
DROP TABLE events_4;

-- What follows from the records is worked out anew at the next start: passings came in any order, and the state hash covers more.
UPDATE races SET facts_seq = 0;

-- Speeds of real cars in tenths of a km/h. What was kept before was whole.
ALTER TABLE samples ADD COLUMN speed_tenth INTEGER;
