// Package body reads the bodies of requests: JSON and msgpack, plain or compressed, within bounds of size, values and memory.
// Owns: content types and encodings, the bounds, and Object, which reads an item field by field and names each fault by item and
// field. It decodes msgpack through Unpacker and waits for room through Slots; both are declared here.
// Imported by gateway. Imports race, for race.Fault and the errors that a client causes.
// Never: routes, races, rulings; what a field means is the handler's.
package body
