// Package transport is how records and pictures travel: the wire format (WIRE.md), log files, links.
// Owns: msgpack. Everything it decodes may be hostile: lengths, depth and values are bounded, it never panics.
// Imported by cmd, which hands its codec to the rooms that need one. Imports race.
// Never: meaning; what a record does to a race is race/timing's.
package transport
