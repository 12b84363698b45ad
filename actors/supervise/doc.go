// Package supervise runs actors on hollywood's engine and restarts them when they panic or hang.
// Owns: the tree of actors, mailboxes, restarts, the workers that run the actors, timers. Every actor is a cell: a hollywood
// Processer with a PID and a mailbox of its own. Hollywood provides addresses, dead letters and the event stream; its restarts are
// not used (docs/DECISIONS.md #1).
// Imported by the rooms under actors, and by cmd/internal. Imports no room.
// Never: racing. Only an idle worker blocks.
package supervise
