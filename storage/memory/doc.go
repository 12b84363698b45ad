// Package memory keeps races in memory. It keeps the contract of storage/sqlite (storagetest) except durability: it ends with its
// process.
// Owns: its maps. Imported by cmd/internal and by tests. Imports race.
// Never: I/O.
package memory
