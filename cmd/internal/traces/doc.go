// Package traces follows batches on their way: ingest, durable, applied, shown. It sends what it has seen as traces of OpenTelemetry to a
// collector, by OTLP over HTTP.
// Owns: the spans, and which batches have them. Imported by cmd/internal/server.
// Never: a cost where it is off. Then nothing of it stands in the way of a batch.
package traces
