// Package sabotage breaks single mechanisms on purpose, so that tests see whether drills notice.
// Owns: the table of switches (what each breaks, and the scenario that finds it), and On, which asks for one. In a build with the tag
// sabotage the environment variable LIGHTSOUT_SABOTAGE names the switch that is on; in every other build On is false at compile time.
// Imported by the rooms that have something to break, and by tests. Imports nothing of ours.
// Never: a switch that is on in a program that is shipped.
package sabotage
