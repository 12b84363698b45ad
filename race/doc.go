// Package race holds the sport's words and values: races, entries, records, frames, facts, rule sets.
// Owns: every type that two rooms exchange. Race time is integer microseconds since the start signal;
// cars are addressed by CarIdx, their 0-based slot in the order of the entry records.
// Imported by every room. Imports the standard library only.
// Never: clocks, goroutines, locks, logs, I/O, results that depend on map order.
package race
