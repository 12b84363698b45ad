// Command lightsout is the one binary. Each command has a file: flags in, one call, print.
// Owns: flags, settings, what is printed. Imports cmd/internal; nothing imports it.
// Never: racing, timing, storage, or what a server is made of.
package main
