// Package grafana makes the boards that Grafana shows over InfluxDB: the race, a car, the engine, the spectators.
// Owns: the boards, as code, and the JSON that is provisioned (boards/), which a test holds to the code.
// Imported by tests alone: the program serves no boards. Imports nothing of ours; the series are storage/influx/SERIES.md.
// Never: a query that is not run against a real InfluxDB by a test.
package grafana
