// Package server assembles a server of its parts: store, feed, engine and races, drills, gateway; it starts them from inside out
// and stops them from outside in.
// Owns: the order of start and stop, the metrics of the actors.
// Imported by cmd/internal/bench and cmd/lightsout. Imports every room, and shows that each room's ports have an implementation.
// Never: flags, work that a part can do.
package server
