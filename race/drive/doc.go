// Package drive is what a car does in one tick: speed profile, tyres, fuel, traffic, pit stops, failures.
// Owns: the model of a race, its fields and its cars' rows. A car's memory is its row: row n follows from the field
// before it, the inputs and the seed alone, so it does not matter who works it out, when, or how often.
// A car's place is kept in nanoseconds of the speed profile: driving at its own pace is going round that clock
// faster or slower, so telemetry, gaps and lap times always agree.
// Imported by the simulator and by the command line. Imports race, race/circuit and the standard library.
// Never: clocks, goroutines, locks, logs, I/O, random generators with a state, floats that live past NewModel.
package drive
