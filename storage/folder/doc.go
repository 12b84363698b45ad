// Package folder reads a race from a folder of CSV: passings or laps, and where present entries, lines, what race control
// ordered, results, pit stops and race.json.
// Owns: the columns (README.md). What is wrong is said with file, line and what was expected; nothing is corrected
// in silence. Imported by cmd. Imports race.
// Never: positions and times of an official result; of results.csv it takes rulings alone (penalties, retirements,
// disqualifications, cars that did not start).
package folder
