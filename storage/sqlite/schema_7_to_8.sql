-- From version 7 to version 8: drills on this server survive it.
-- Drills on this server. A row without a race is an order for races to come. data is JSON, as the drills write it.
CREATE TABLE drills (number INTEGER PRIMARY KEY, race TEXT NOT NULL, data TEXT NOT NULL) STRICT;

-- What a drill leaves, in parts: its strikes as JSON Lines while it is on, then its folder as a zip file.
CREATE TABLE drill_files (
  race TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (race, number, file, part)
) STRICT, WITHOUT ROWID;
