// Package simulation runs one race without a server, to its end or on from where it was interrupted.
// Owns: where such a race is kept, its progress, its log.
// Imported by cmd/lightsout. Imports cli, archive, actors/engine and storage.
// Never: flags, how a result is printed.
package simulation
