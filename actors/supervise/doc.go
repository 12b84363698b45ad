// Package supervise is how an actor lives, dies and comes back, on hollywood's engine.
// Owns: the tree of actors, mailboxes, restarts, the workers that run them, timers. Every actor is a Cell, a
// hollywood Processer with a PID and a mailbox of its own; hollywood gives addressing, dead letters and the event
// stream, its own restarts are not used (docs/DECISIONS.md #1).
// Imported by the rooms under actors, and by cmd. Imports nothing of ours.
// Never: racing. Nothing here blocks but an idle worker.
package supervise
