// Command lightsout is the one binary: flags, configuration, the wiring of the rooms, and the subcommands.
// Owns: which room gets which door of another (platform.go). Imports everything; nothing imports it.
// Never: racing, timing, storage of its own.
package main
