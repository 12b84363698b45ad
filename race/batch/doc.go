// Package batch runs one simulated race from the grid to its result in a loop, without actors, log and telemetry: the fast way where
// nobody watches and nothing dies. It makes the same records in the same order as the actors do, so its result has the same hash.
// Owns: the loop and what it keeps of a race.
// Imported by cmd/internal/sweep. Imports race, race/drive and race/timing.
// Never: commands to a race that runs, anything but the computation.
package batch
