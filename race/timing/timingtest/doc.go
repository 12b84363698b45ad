// Package timingtest gives tests outside of race/timing a second opinion on a log: the oracle's.
// Imported by tests. Imports race/timing/internal/oracle.
// Never: anything that a program runs.
package timingtest
