// Package simulator is the actor hierarchy that drives simulated races: Simulator → Race → Car × N, Checkpoint × M.
// Owns: the tick. Cars work out their row from the previous field alone (race/drive); a race is opened tick by tick as
// its credit allows, and hands each tick's records over as one batch.
// Imported by cmd, which says where batches go. Imports race and actors/supervise.
// Never: timing, storage, wall clocks but for pacing.
package simulator
