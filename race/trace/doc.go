// Package trace makes of the telemetry that a store keeps what an engineer looks at: metres into the lap, fewer samples
// with the same extremes, two laps beside each other by distance.
// Owns: derived channels, thinning, comparison. Columns are whole numbers, as the stores have them.
// Imported by gateway and transport. Imports race.
// Never: I/O, a clock, results that depend on the order in which cars are asked for.
package trace
