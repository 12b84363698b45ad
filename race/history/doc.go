// Package history is what a race's log says once it is read to its end: the laps, verdicts, rulings, stops and the result that
// still stand after all corrections.
// Owns: Race, a pure fold of the steps of timing.Replay.
// Imported by race/document and cmd. Imports race and race/timing.
// Never: I/O, a clock, a decision about racing: those are race/timing's.
package history
