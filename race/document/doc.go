// Package document makes the result documents of the sport: classification, lap chart, lap analysis, best sectors, pit stops,
// penalties. Each is a table with a title that is written as CSV, JSON or a page to print.
// Owns: the columns with their names and units, and the layout of the page.
// Imported by gateway and cmd. Imports race and race/circuit.
// Never: how a result is computed (race/timing), clocks, files.
package document
