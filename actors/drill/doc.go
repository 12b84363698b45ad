// Package drill is faults as code: what to kill, when, and the verdict.
// Owns: scenarios and the library of them, the injector that strikes while a race runs, and the comparison of that race with
// the same race undisturbed. Whatever chance decides follows from the scenario's seed and the tick, so that a drill can be
// repeated.
// Imported by cmd, which runs the races. Imports race and the rooms under actors.
// Never: a fault outside of a drill.
package drill
