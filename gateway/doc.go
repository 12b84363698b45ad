// Package gateway serves the platform over HTTP, on Fiber: REST, GraphQL, metrics, the embedded page, and gateway/live at /live/{id}.
// Owns: routes, authorization, limits, problem documents, OpenAPI. It asks the rest of the platform through the ports in ports.go.
// NewStatus serves health, readiness, metrics and actors alone, for a process without the gateway role.
// Imported by cmd. Imports gateway/body and gateway/live, and of the sport race, race/circuit, race/document and race/trace.
// Never: storage; actors; the rulebook; the meaning of records.
package gateway
