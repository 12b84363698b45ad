-- From version 6 to version 7: how far the file follows a log outside it.
CREATE TABLE marks (name TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT, WITHOUT ROWID;
