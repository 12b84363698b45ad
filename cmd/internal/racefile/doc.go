// Package racefile reads and writes race files: the order of a race with its model and entries, as YAML or JSON. It is the object of
// POST /api/v1/races.
// Owns: the fields of the file, their defaults, the printed file and its JSON schema.
// Imported by cmd/lightsout and by cmd/internal/sweep. Imports cli, race and race/drive.
// Never: flags, circuits, races that run.
package racefile
