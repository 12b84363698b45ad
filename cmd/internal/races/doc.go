// Package races is the races of a server: made, controlled, ingested, ruled on, resumed, retained and deleted.
// Owns: the engine of the server; which simulations run; how many cars there may be; which answers come from actors and which from the store.
// What is ordered goes through a Runner: this process's engine, or another process that returns it in the log.
// Known to cmd/internal/drills by an interface; imported by cmd/internal/server. Imports archive, actors/engine, storage, and the gateway's
// ports, which it implements.
// Never: HTTP, flags, the rules of racing.
package races
