// Package export writes a race out of its store: tables as CSV, JSON Lines or Parquet, in the words and units that
// race-data users know from OpenF1 and FastF1 (README.md), or its log, of which another store makes the same race.
// Owns: the tables, their columns and units, and their formats. What it reads comes through Source, page by page, so that
// memory does not grow with the race.
// Imported by cmd, which joins it to storage/sqlite and transport. Imports race.
// Never: a change to a race; a file name that was not asked for.
package export
