// Package storage is the room of the stores: one package below it for each kind of store.
// Owns: SQLite, files, compression. What is acknowledged is on disk.
// Imported by cmd, which passes stores to the rooms that declare what they need. Imports race.
// Never: the meaning of a record; a store keeps, finds and returns records.
package storage
