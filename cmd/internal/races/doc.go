// Package races is the races of a server: made, controlled, ingested, ruled on, resumed, retained and deleted.
// Owns: the engine of the server; which simulations run; how many cars there may be; what of a race is answered by its actors and
// what by the store.
// Imported by cmd/internal/drills (by an interface) and cmd/internal/server. Imports cli, archive, actors/engine, storage, and the
// gateway's ports, which it implements.
// Never: HTTP, flags, the rules of racing.
package races
