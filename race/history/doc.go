// Package history computes what a race's log says after its last record: the laps, verdicts, rulings, stops and the result
// that still hold after all corrections.
// Owns: Race, a pure fold of the steps of timing.Replay.
// Imported by race/document and cmd. Imports race and race/timing.
// Never: I/O, a clock, a decision about racing, which race/timing makes.
package history
