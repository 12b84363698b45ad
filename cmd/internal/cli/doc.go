// Package cli is what commands share with the terminal: bad input and its exit code, settings from the environment and a file, tables, JSON,
// progress bars, files that are written completely or not at all, and circuits named on the command line.
//
// Imported by the commands and by what they call. Never: anything that runs a race.
package cli
