// Package livetest is a spectator for tests: a real websocket client that decodes what the live push sends.
// Imported by the tests of gateway and gateway/live. Imports race and transport.
// Never: anything that a program runs.
package livetest
