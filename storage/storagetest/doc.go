// Package storagetest is what every store promises, as tests: the same for SQLite and for memory.
// Imported by the stores' own tests. Imports race.
package storagetest
