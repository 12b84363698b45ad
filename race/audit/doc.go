// Package audit checks whether a race's log and telemetry are consistent: whether one producer can have made them.
// Owns: what holds for every sound log under any rules: one race info, and for a simulation passings line by line, increasing
// times and ticks, cars that do not jump, nothing after the end.
// Imported by cmd, which passes it the contents of a store. Imports race, race/circuit and race/timing.
// Never: I/O, a clock, a check of what real cars reported: late, repeated and strange passings are part of a sound log.
package audit
