// Package drive simulates what a car does in one tick: speed profile, tyres, fuel, traffic, pit stops, failures.
// Owns: the model of a race, its fields and its cars' rows. A car's only memory is its row: row n follows from the field
// before it, the inputs and the seed alone, so that it does not matter where, when or how often it is computed. A car's place
// is kept in nanoseconds of the speed profile: driving at its own pace means going round that clock faster or slower, so
// telemetry, gaps and lap times always agree.
// Imported by the simulator and by the command line. Imports race, race/circuit and the standard library.
// Never: clocks, goroutines, locks, logs, I/O, random generators with a state, floats after NewModel.
package drive
