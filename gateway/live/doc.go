// Package live pushes races to spectators over websockets: a snapshot first, then facts, frames and what happens to the actors.
// Owns: the Hub with one channel per race, the spectators and their cursors, the narrow view of a large field, the socket and its
// close codes, and the metrics of spectators. It asks for a race that it does not hold through Boards, for a seat through Seats and
// for bytes of the wire through Encoder; all three are declared here.
// Imported by gateway, which mounts Handler at /live/{id}, by cmd/internal/server, which publishes to the Hub, and by cmd/internal/drills, whose
// spectators follow in the same process. Imports race, and race/sabotage.
// Never: a publisher that waits for a spectator; REST, GraphQL, tokens; the meaning of records.
package live
