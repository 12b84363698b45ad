// Package simulator is the actor hierarchy that drives simulated races: Simulator → Race → Car × N, Checkpoint × M.
// Owns: the tick. A car computes its row from the previous field alone (race/drive). A race opens tick after tick as its credit allows,
// and submits the records of each tick as one batch.
// Imported by actors/engine, which says where batches go. Imports race, race/drive and actors/supervise.
// Never: timing, storage, wall clocks except for pacing.
package simulator
