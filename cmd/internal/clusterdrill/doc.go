// Package clusterdrill starts roles as processes around a Kafka, strikes them while they race, and judges what is left.
// Owns: the scenarios of its library, the child processes, clients that report and watch at whichever gateway answers, the verdict.
// Imported by cmd. Imports actors/drill, cmd/internal/drills, race and transport.
// Never: a look into a process; what is judged came over HTTP and websockets.
package clusterdrill
