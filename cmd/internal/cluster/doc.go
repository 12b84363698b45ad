// Package cluster joins a process to a log that it shares with others: as simulator, processor and gateway, or as one of them.
// Owns: what a command of the log does to the engine of a process, and how what is ordered here becomes a command.
// Imported by cmd. Imports actors, race, transport, cmd/internal/races, and of the gateway how a report is read.
// Never: the rules of the log; transport/kafka has them.
package cluster
