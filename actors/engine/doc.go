// Package engine is all actors of one process, joined to a journal and to those who follow the races.
// Owns: the root actors and how the process asks them; the in-process link from races to the processor; and the Watcher, which
// follows one race to its end.
// Imported by cmd/internal and actors/drill. Imports race and the rooms under actors.
// Never: storage, sockets, what a race is kept in.
package engine
