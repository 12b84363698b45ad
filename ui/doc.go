// Package ui holds the spectator page: a Svelte application that is built into dist and embedded here.
// Owns: everything under ui/. See README.md for its folders.
// Imported by gateway, which serves the files. Imports the standard library only.
// Never: knowledge of HTTP; the gateway decides about routes, caching and compression.
package ui
