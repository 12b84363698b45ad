package transport

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// Limits of what is decoded.
const (
	textMax  = 1 << 20
	depthMax = 16
	itemsMax = 1 << 20
)

// ErrMalformed is wrapped by every decoding error.
var ErrMalformed = errors.New("malformed message")

// reader decodes msgpack and remembers the first error; after it, every read returns zero.
type reader struct {
	data []byte
	src  *bytes.Reader // of data
	dec  *msgpack.Decoder
	err  error

	values int // number of values read
}

// readers are used again: a decoder costs more than a short message.
var readers = sync.Pool{New: func() any {
	src := bytes.NewReader(nil)
	return &reader{src: src, dec: msgpack.NewDecoder(src)}
}}

func newReader(data []byte) *reader {
	r := readers.Get().(*reader)
	r.data = data
	r.src.Reset(data)
	return r
}

// done returns what was wrong. The reader is of no use after it.
func (r *reader) done() error {
	err := r.err
	r.data, r.err, r.values = nil, nil, 0
	r.src.Reset(nil)
	readers.Put(r)
	return err
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
	}
}

func (r *reader) check(what string, err error) bool {
	if err != nil {
		r.fail("%s: %v", what, err)
	}
	return r.err == nil
}

// array opens an array of at least atLeast items and returns their number.
func (r *reader) array(what string, atLeast, atMost int) int {
	if r.err != nil {
		return 0
	}
	n, err := r.dec.DecodeArrayLen()
	if !r.check(what, err) {
		return 0
	}
	if n < atLeast || n > atMost || n > r.src.Len()+1 {
		r.fail("%s: has %d items, allowed are %d to %d", what, n, atLeast, atMost)
		return 0
	}
	return n
}

// list opens an array of any length and calls item for each.
func (r *reader) list(what string, item func(i int)) {
	n := r.array(what, 0, itemsMax)
	for i := 0; i < n && r.err == nil; i++ {
		item(i)
	}
}

// readList reads what writeList writes.
func readList[T any](r *reader, what string, item func() T) []T {
	if r.null(what) {
		return nil
	}
	all := []T{}
	r.list(what, func(int) { all = append(all, item()) })
	return all
}

// tuple opens an array whose first known items are read by body; it skips the rest.
func (r *reader) tuple(what string, known int, body func()) {
	n := r.array(what, known, known+64)
	if r.err != nil {
		return
	}
	body()
	r.rest(n - known)
}

func (r *reader) rest(n int) {
	for ; n > 0 && r.err == nil; n-- {
		r.skip(0)
	}
}

// skip skips one value. The library's recursion has no bound.
func (r *reader) skip(depth int) {
	if depth > depthMax {
		r.fail("nested deeper than %d", depthMax)
		return
	}
	code, err := r.dec.PeekCode()
	if !r.check("skip", err) {
		return
	}
	isMap := msgpcode.IsFixedMap(code) || code == msgpcode.Map16 || code == msgpcode.Map32
	isArray := msgpcode.IsFixedArray(code) || code == msgpcode.Array16 || code == msgpcode.Array32
	switch {
	case isMap:
		n, err := r.dec.DecodeMapLen()
		r.check("skip", err)
		for i := 0; i < 2*n && r.err == nil; i++ {
			r.skip(depth + 1)
		}
	case isArray:
		n, err := r.dec.DecodeArrayLen()
		r.check("skip", err)
		for i := 0; i < n && r.err == nil; i++ {
			r.skip(depth + 1)
		}
	default:
		r.check("skip", r.dec.Skip())
	}
}

func (r *reader) int(what string) int64 { return r.intIn(what, math.MinInt64, math.MaxInt64) }

func (r *reader) intIn(what string, low, high int64) int64 {
	if r.err != nil {
		return 0
	}
	v, err := r.dec.DecodeInt64()
	if !r.check(what, err) {
		return 0
	}
	if v < low || v > high {
		r.fail("%s is %d: allowed is %d to %d", what, v, low, high)
		return 0
	}
	return v
}

func (r *reader) uint(what string) uint64 {
	if r.err != nil {
		return 0
	}
	v, err := r.dec.DecodeUint64()
	r.check(what, err)
	return v
}

func (r *reader) float(what string) float64 {
	if r.err != nil {
		return 0
	}
	v, err := r.dec.DecodeFloat64()
	if r.check(what, err) && (math.IsNaN(v) || math.IsInf(v, 0)) {
		r.fail("%s is not a finite number", what)
	}
	return v
}

func (r *reader) bool(what string) bool {
	if r.err != nil {
		return false
	}
	v, err := r.dec.DecodeBool()
	r.check(what, err)
	return v
}

// null skips a nil and reports whether there was one.
func (r *reader) null(what string) bool {
	if r.err != nil {
		return true
	}
	code, err := r.dec.PeekCode()
	if !r.check(what, err) || code != msgpcode.Nil {
		return r.err != nil
	}
	return r.check(what, r.dec.DecodeNil())
}

func (r *reader) str(what string) string { return string(r.text(what, textMax)) }

func (r *reader) bin(what string) []byte { return append([]byte{}, r.text(what, textMax)...) }

// blob reads binary that may be as long as a message of a shared log.
func (r *reader) blob(what string) []byte { return append([]byte{}, r.text(what, blockMax)...) }

// text reads a string or binary after checking its length against the data, of which it is a part.
func (r *reader) text(what string, limit int) []byte {
	if r.err != nil {
		return nil
	}
	n, err := r.dec.DecodeBytesLen()
	if !r.check(what, err) || n <= 0 {
		return nil
	}
	if n > limit || n > r.src.Len() {
		r.fail("%s: %d bytes, at most %d and %d are left", what, n, limit, r.src.Len())
		return nil
	}
	at := len(r.data) - r.src.Len()
	_, err = r.src.Seek(int64(n), io.SeekCurrent)
	r.check(what, err)
	return r.data[at : at+n]
}

func (r *reader) u16s(what string) []uint16 {
	b := r.text(what, textMax)
	if len(b)%2 != 0 {
		r.fail("%s: odd number of bytes", what)
		return nil
	}
	v := make([]uint16, len(b)/2)
	for i := range v {
		v[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return v
}

// enum reads a small number that must be below count.
func enum[T ~uint8](r *reader, what string, count int) T {
	return T(r.intIn(what, 0, int64(count-1)))
}
