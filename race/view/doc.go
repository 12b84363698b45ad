// Package view is how a line of a result, a lap, an event and a passing look to a reader: one type each, with one JSON encoding.
// Owns: names and nulls. docs/history.md lists where documents and exports name a value otherwise.
// Imported by gateway, race/document and cmd/lightsout. Imports race.
// Never: what a value means, or how it is computed.
package view
