-- From version 8 to version 9: the audit trail.
-- What was ordered of this server, by whom, and what became of it, as JSON; at is UTC nanoseconds.
CREATE TABLE audit (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, data TEXT NOT NULL) STRICT;
