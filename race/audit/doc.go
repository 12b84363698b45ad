// Package audit looks whether a race's log and telemetry hold together: whether one producer can have made them.
// Owns: what is true of every sound log whatever the rulebook makes of it: one head, and of a simulation passings line by
// line, times and ticks that go on, cars that do not jump, nothing after the end.
// Imported by cmd, which hands it what a store has kept. Imports race, race/circuit and race/timing.
// Never: I/O, a clock, a verdict on what real cars reported: late, doubled and strange passings are part of a sound log.
package audit
