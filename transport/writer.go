package transport

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/vmihailenco/msgpack/v5"
)

// writer appends msgpack to a buffer and remembers the first error, so that layouts read like lists.
type writer struct {
	buf    bytes.Buffer
	enc    *msgpack.Encoder
	err    error
	column []byte // what is written in one piece
}

// writers are used again: an encoder with its buffer costs more than a short message.
var writers = sync.Pool{New: func() any {
	w := &writer{column: []byte{}} // nil would be written as nil
	w.enc = msgpack.NewEncoder(&w.buf)
	return w
}}

// writerKeeps bounds the buffer of a writer that is used again.
const writerKeeps = 1 << 20

func newWriter() *writer { return writers.Get().(*writer) }

func (w *writer) note(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *writer) array(n int)      { w.note(w.enc.EncodeArrayLen(n)) }
func (w *writer) mapOf(n int)      { w.note(w.enc.EncodeMapLen(n)) }
func (w *writer) int(v int64)      { w.note(w.enc.EncodeInt(v)) }
func (w *writer) uint(v uint64)    { w.note(w.enc.EncodeUint(v)) }
func (w *writer) str(s string)     { w.note(w.enc.EncodeString(s)) }
func (w *writer) bytes(b []byte)   { w.note(w.enc.EncodeBytes(b)) }
func (w *writer) bool(b bool)      { w.note(w.enc.EncodeBool(b)) }
func (w *writer) null()            { w.note(w.enc.EncodeNil()) }
func (w *writer) float(v float64)  { w.note(w.enc.EncodeFloat64(v)) }
func (w *writer) key(k string)     { w.str(k) }
func (w *writer) head(kind, n int) { w.array(n + 2); w.int(Version); w.int(int64(kind)) }

func (w *writer) u16s(v []uint16) {
	b := w.column[:0]
	for _, x := range v {
		b = binary.LittleEndian.AppendUint16(b, x)
	}
	w.column = b
	w.bytes(b)
}

// done returns the finished message, given to the caller. The writer is of no use after it.
func (w *writer) done(what string) ([]byte, error) {
	err, message := w.err, bytes.Clone(w.buf.Bytes())
	if w.buf.Cap() <= writerKeeps {
		w.buf.Reset()
		w.err = nil
		writers.Put(w)
	}
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", what, err)
	}
	return message, nil
}

// column writes a column of one-byte items.
func column[T ~uint8](w *writer, v []T) {
	b := w.column[:0]
	for _, x := range v {
		b = append(b, byte(x))
	}
	w.column = b
	w.bytes(b)
}

// writeList writes a list, or nil for a nil one.
func writeList[T any](w *writer, list []T, item func(*T)) {
	if list == nil {
		w.null()
		return
	}
	w.array(len(list))
	for i := range list {
		item(&list[i])
	}
}

// cars writes a column of car slots.
func cars[T ~int32](w *writer, v []T) {
	b := w.column[:0]
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, uint32(x))
	}
	w.column = b
	w.bytes(b)
}
