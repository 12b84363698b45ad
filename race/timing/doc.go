// Package timing is the rulebook: records in, facts and classification out.
// Owns: laps, sectors, gaps, order, bests, the end of the race. State is a deterministic machine: the same records give the
// same facts and the same hash, to the bit, on any machine.
// Imported by actors/processor, which feeds it durable records, and by cmd. Imports race alone.
// Never: clocks, goroutines, locks, logs, I/O, telemetry, results that depend on map order.
//
// Rule numbers refer to README.md in this folder.
package timing
