-- From version 5 to version 6: what is no passing is found without reading the passings. The file says whose it is.
CREATE INDEX records_told ON records (race, seq) WHERE body IS NOT NULL;
PRAGMA application_id = 1280275828; -- "LOut"
