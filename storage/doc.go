// Package storage is where records rest: the contract of a store and, below it, one folder for each kind of store.
// Owns: SQLite, files, compression. What is acknowledged is on disk.
// Imported by cmd, which hands stores to the rooms that declare what they need. Imports race.
// Never: what a record means; a store keeps, finds and gives back.
package storage
