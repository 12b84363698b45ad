// Package processor is the actor hierarchy that times races: the Processor has for each race a Recorder, a Timekeeper and a
// Publisher, and an Ingest for races whose records are reported.
// Owns: the way of a batch, one straight line. The Recorder numbers it and hands it to the journal; once it is durable the
// Timekeeper folds it (race/timing), has the journal keep what followed, and acknowledges it; the Publisher shows it. Nothing is
// shown that is not on disk. Supervision lies across: each of them is a child of the Processor and is restarted alone.
// Imported by actors/engine. Imports race and actors/supervise.
// Never: storage, sockets, the rulebook itself.
package processor
