// Package influx feeds races to InfluxDB 2 and reads their telemetry from it.
// Owns: the Feed, which reads the log from a durable cursor and writes line protocol with acknowledged calls of
// influxdb-client-go; the series it writes (SERIES.md); the Flux queries of History.
// Imported by cmd, which passes it the log, the rulebook and the circuits. Imports race.
// Never: the client's asynchronous WriteAPI, which loses points silently; anything that a race waits for.
package influx
