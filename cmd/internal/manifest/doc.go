// Package manifest says how an output was made, so that it can be made again, byte by byte.
// Owns: the manifest's fields, its hashes and its file beside an output.
// Imported by cmd/lightsout and by cmd/internal/sweep. Imports cli, racefile, race and race/circuit.
// Never: flags, simulating.
package manifest
