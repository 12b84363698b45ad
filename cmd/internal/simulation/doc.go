// Package simulation runs one race without a server, or continues one that was interrupted.
// Owns: the store, the progress and the log of such a race.
// Imported by cmd/lightsout. Imports cli, archive, actors/engine and storage.
// Never: flags, how a result is printed.
package simulation
