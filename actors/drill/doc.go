// Package drill is faults as code: what to kill, when, and how the result is judged.
// Owns: scenarios and their library, the injector that strikes while a race runs, the trial that runs a race, the reference that the
// undisturbed race gives, and the comparison with it of log, telemetry, tables and what spectators saw. Chance follows from the scenario's
// seed and the tick, so that a drill can be repeated.
// Imported by cmd/internal. Imports race, race/timing and the rooms under actors.
// Never: a fault outside of a drill.
package drill
