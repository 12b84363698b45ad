// Package sqlite keeps races in one SQLite file: the log and what follows from it, as tables that sqlite3 can query.
// Owns: the schema (schema.sql), the commits, telemetry blocks (FORMAT.md), cursors of feeds, retention, and what becomes of a
// damaged file. One writer commits for all races at once, in the order of arrival, and calls back when what was handed over
// is on disk.
// Imported by cmd, which hands it to processor (as its Journal) and gateway (as its History). Imports race.
// Never: what a record means. Nothing waits for a reader.
package sqlite
