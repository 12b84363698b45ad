// Package memory stores races in memory, for runs that leave nothing behind. It fulfils the same contract as storage/sqlite
// (storagetest), except for durability: its data ends with the process.
// Owns: its maps. Imported by cmd/internal and by tests. Imports race.
// Never: I/O.
package memory
