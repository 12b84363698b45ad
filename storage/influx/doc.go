// Package influx feeds races to InfluxDB 2, and answers for their telemetry from there.
// Owns: the Feed, which reads the log from a durable cursor and writes line protocol with acknowledged calls of
// influxdb-client-go; the series it writes (SERIES.md); the questions put to them in Flux.
// Imported by cmd, which gives it the log, the rulebook and the circuits. Imports race.
// Never: the client's asynchronous WriteAPI, which loses points in silence; anything that a race waits for.
package influx
