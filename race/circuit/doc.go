// Package circuit is the geometry of a race: the closed outline, the timing lines, the pit lane.
// Owns: the text format of circuits (FORMAT.md), the six built-in ones, the import of GeoJSON and CSV outlines, the drawings.
// Lengths are metres in drawings and integer micrometres in timing.
// Imported by race/drive, the simulator, the gateway and the command line. Imports race and the standard library.
// Never: clocks, goroutines, logs, files (text comes through an io.Reader), results that differ by platform: every product is
// rounded before an addition, and sines are computed here.
package circuit
