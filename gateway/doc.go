// Package gateway is who may look and act: REST, GraphQL, live websockets, metrics and the embedded page, on Fiber.
// Owns: the hub of spectators, problem documents, what may be asked and by whom. Its needs are in ports.go.
// Imported by cmd. Imports race and race/circuit.
// Never: waiting for a spectator; meaning of records; storage.
package gateway
