// Package timingtest lets tests outside of race/timing check a log against the oracle.
// Imported by tests. Imports race/timing/internal/oracle.
// Never: used by a program.
package timingtest
