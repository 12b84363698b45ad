// Package oracle classifies a race a second time, slowly and simply: it reads all records, sorts and counts, and keeps nothing
// from earlier runs. It is written from the text of the rulebook and shares no code with race/timing. Tests compare the two.
// Imports race only; imported by tests.
package oracle
