// Package sqlite stores races in one SQLite file: the log and the facts that follow from it, as tables that sqlite3 can query.
// Owns: the schema (schema.sql), the commits, telemetry blocks (FORMAT.md), cursors of feeds, retention, check and salvage of
// damaged files. One writer commits for all races together, in the order of arrival, and calls back when a job is on disk.
// Imported by cmd, which passes it to processor (as its Journal) and gateway (as its History). Imports race.
// Never: the meaning of a record. Readers never block the writer.
package sqlite
