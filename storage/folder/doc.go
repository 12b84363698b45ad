// Package folder reads a race from a folder of CSV files: passings or laps, and if present entries, lines, orders of race
// control, results, pit stops and race.json.
// Owns: the columns (README.md). A fault is reported with file, line and what was expected; nothing is corrected silently.
// Imported by cmd. Imports race.
// Never: positions and times of an official result; results.csv only provides rulings (penalties, retirements,
// disqualifications, cars that did not start).
package folder
