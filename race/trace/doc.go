// Package trace prepares stored telemetry for engineers: metres into the lap, fewer samples with the same extremes, two laps
// compared by distance.
// Owns: derived channels, thinning, comparison. Columns are whole numbers, as in the stores.
// Imported by gateway and transport. Imports race.
// Never: I/O, a clock, results that depend on the order in which cars are requested.
package trace
