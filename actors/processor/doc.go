// Package processor is the actor hierarchy that times races: Processor → Timekeeper per race → Recorder, Publisher; and an
// Intake for each race whose records come from outside.
// Owns: the way of a batch. The Recorder numbers it and has it committed; only then does the Timekeeper fold it
// (race/timing) and the Publisher show what followed; only then is it acknowledged. Nothing is shown that is not on disk.
// Imported by cmd, which says what the journal and the spectators are. Imports race and actors/supervise.
// Never: storage, sockets, the rulebook itself.
package processor
