// Package storagetest contains the contracts of stores as tests, the same for SQLite and memory.
// Imported by the stores' own tests. Imports race.
package storagetest
