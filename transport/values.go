package transport

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// valuesDepth bounds the nesting of values from outside.
const valuesDepth = 8

// maxValues bounds their number: each takes up to some hundred bytes.
const maxValues = 500_000

// Values decodes one msgpack value from outside into what encoding/json makes of the same JSON, with numbers as json.Number: maps with text
// keys, lists, text, numbers, booleans and nil. NaN and infinities stay float64. Depth and lengths are bounded by the data; bytes after the
// value are an error.
func (Codec) Values(data []byte) (any, error) {
	r := newReader(data)
	v := r.value(0)
	if r.err == nil && r.src.Len() > 0 {
		r.fail("%d bytes follow the value", r.src.Len())
	}
	if err := r.done(); err != nil {
		return nil, err
	}
	return v, nil
}

func (r *reader) value(depth int) any {
	if r.err != nil {
		return nil
	}
	if r.values++; r.values > maxValues {
		r.fail("more than %d values", maxValues)
		return nil
	}
	if depth > valuesDepth {
		r.fail("nested deeper than %d", valuesDepth)
		return nil
	}
	code, err := r.dec.PeekCode()
	if !r.check("value", err) {
		return nil
	}
	switch {
	case code == msgpcode.Nil:
		r.null("nil")
		return nil
	case code == msgpcode.True, code == msgpcode.False:
		return r.bool("boolean")
	case msgpcode.IsFixedMap(code), code == msgpcode.Map16, code == msgpcode.Map32:
		return r.valueMap(depth)
	case msgpcode.IsFixedArray(code), code == msgpcode.Array16, code == msgpcode.Array32:
		return r.valueList(depth)
	case msgpcode.IsString(code), msgpcode.IsBin(code):
		return r.str("text")
	case code == msgpcode.Float, code == msgpcode.Double:
		return r.valueFloat()
	case code == msgpcode.Uint64:
		return json.Number(strconv.FormatUint(r.uint("number"), 10))
	case msgpcode.IsExt(code):
		r.fail("an extension type: expected text, numbers, booleans, lists and maps")
		return nil
	}
	return json.Number(strconv.FormatInt(r.int("number"), 10))
}

func (r *reader) valueFloat() any {
	v, err := r.dec.DecodeFloat64()
	if !r.check("number", err) {
		return nil
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return v
	}
	return json.Number(strconv.FormatFloat(v, 'g', -1, 64))
}

func (r *reader) valueList(depth int) any {
	n := r.array("list", 0, itemsMax)
	list := make([]any, 0, min(n, 1024))
	for i := 0; i < n && r.err == nil; i++ {
		list = append(list, r.value(depth+1))
	}
	return list
}

func (r *reader) valueMap(depth int) any {
	n, err := r.dec.DecodeMapLen()
	if !r.check("map", err) {
		return nil
	}
	if n < 0 || n > itemsMax || 2*n > r.src.Len() {
		r.fail("map: has %d entries, %d bytes are left", n, r.src.Len())
		return nil
	}
	m := make(map[string]any, min(n, 64))
	for i := 0; i < n && r.err == nil; i++ {
		key := r.str("key")
		if _, twice := m[key]; twice {
			r.fail("map: the key %q comes twice", key)
			return nil
		}
		m[key] = r.value(depth + 1)
	}
	return m
}
