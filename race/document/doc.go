// Package document makes the result documents that the sport knows: classification, lap chart, lap analysis, best
// sectors, pit stops, penalties. Each is a table with a title that is written as CSV, JSON or a page to print.
// Owns: what stands in which column, under which name and unit, and how the page looks.
// Imported by gateway and cmd. Imports race and race/circuit.
// Never: what a result is (race/timing), clocks, files.
package document
