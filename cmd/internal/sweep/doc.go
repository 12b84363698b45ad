// Package sweep runs many simulated races in parallel, parameters by seeds by repeats, and makes one data set of them.
// Owns: the sweep file, the order of its races, the partial data set that an interrupted sweep goes on from, statistics and their page.
// Imported by cmd/lightsout. Imports cli, manifest, racefile, simulation, race/batch and storage/export.
// Never: flags, actors, a race in which anything happens from outside.
package sweep
