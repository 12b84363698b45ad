// Package archive is races at rest: logs of stored races read again, log files and folders imported, exported, checked, salvaged
// and replayed.
// Owns: the importer, the replayer, the files of an export, the transfers of a server, the comparison of a stored race with its
// log.
// Imported by cmd/internal/races and what stands above it. Imports cli, race, storage, transport and the gateway's ports.
// Never: actors.
package archive
