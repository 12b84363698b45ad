// Package oracle classifies a race a second time, slowly and obviously: it takes all records, sorts and counts, and
// knows nothing of what was worked out before. It is written from the rulebook's text and shares no code with
// race/timing. Tests compare the two.
// Imports race only; imported by tests.
package oracle
