// Package login is what a client needs to log in to another server: a secret that is never shown, and whom to trust.
// Imported by the rooms that log in somewhere. Imports nothing.
// Never: a protocol; where a secret comes from.
package login
