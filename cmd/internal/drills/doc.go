// Package drills is faults in races: on a server, beside the spectators; in a race of its own; and against a whole server process.
// Owns: the hooks through which a drill reaches an engine and its feed, the two spectators that follow a drilled race, which drill is on in
// which race, and when it is judged.
// Imported by cmd/internal/server and cmd/lightsout. Knows the races of a server by an interface and hears of their ends by a hook.
// Never: what a fault does or how a verdict is found; that is actors/drill.
package drills
