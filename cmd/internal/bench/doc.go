// Package bench measures the standard loads: a tick of a field of cars, passings from an HTTP request to the disk, and the log in Kafka.
// Owns: the loads and their reports. Figures are ratios of one run, so that they hold when the speed of the machine drifts.
// Imported by cmd/lightsout. Imports what it measures.
// Never: a judgement; the figures are in docs/figures.md and docs/scale.md.
package bench
