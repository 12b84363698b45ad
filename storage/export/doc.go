// Package export writes a race from its store to files: tables as CSV, JSON Lines or Parquet, with the names and units of
// OpenF1 and FastF1 (README.md), or its log, from which another store recreates the race.
// Owns: the tables, their columns and units, and their formats. It reads from a Source page by page, so that memory does not
// grow with the race.
// Imported by cmd, which joins it to storage/sqlite and transport. Imports race.
// Never: a change to a race; a file name that was not requested.
package export
