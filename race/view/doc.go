// Package view defines the JSON form of a classification line, a lap, an event and a passing: one type each, with one
// encoding.
// Owns: names and nulls. docs/history.md lists the different names in documents and exports.
// Imported by gateway, race/document, cmd/internal/cluster and cmd/lightsout. Imports race.
// Never: what a value means, or how it is computed.
package view
