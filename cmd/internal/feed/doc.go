// Package feed joins InfluxDB to the log of a server: it configures the feed, shows its lag, writes the state of the engine, and lets drills
// keep InfluxDB away and count what arrived.
// Owns: the token, the commit times of the journal, the metrics of the feed.
// Imported by cmd/internal/drills and cmd/internal/server. Imports cli, the rooms under actors and storage, and the gateway's ports.
// Never: what a point looks like; that is storage/influx.
package feed
