// Package grafana builds the dashboards that Grafana shows for InfluxDB: the race, a car, the engine, the spectators.
// Owns: the boards, as code, and the provisioned JSON (boards/), which a test compares with the code.
// Imported by tests alone: the program serves no boards. Imports no other room; the series are in storage/influx/SERIES.md.
// Never: a query that no test runs on a real InfluxDB.
package grafana
