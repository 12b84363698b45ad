// Package transport encodes what travels: the wire format (WIRE.md) and log files.
// Owns: msgpack. Decoded data may be hostile: lengths, depth and values are bounded, and decoding never panics.
// Imported by cmd/internal, which gives its codec to the rooms that need one. Imports race and race/trace.
// Never: meaning; race/timing decides what a record does to a race.
package transport
