package transport_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vmihailenco/msgpack/v5"

	"lightsout/transport"
)

func TestValues_AreWhatTheSameJSONGives(t *testing.T) {
	text := `{"passings":[{"driver_number":1,"time_us":9007199254740993,"in_pit":true,"decoder":null},{"v":1.5,"n":-3,"list":[]}]}`
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var want any
	if err := dec.Decode(&want); err != nil {
		t.Fatal(err)
	}
	data, err := msgpack.Marshal(map[string]any{"passings": []any{
		map[string]any{"driver_number": 1, "time_us": uint64(9007199254740993), "in_pit": true, "decoder": nil},
		map[string]any{"v": 1.5, "n": int8(-3), "list": []any{}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := transport.Codec{}.Values(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestValues_KeepWhatIsNoNumberForWhoeverChecksIt(t *testing.T) {
	data, err := msgpack.Marshal(math.NaN())
	if err != nil {
		t.Fatal(err)
	}
	got, err := transport.Codec{}.Values(data)
	if v, ok := got.(float64); err != nil || !ok || !math.IsNaN(v) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestValues_RefuseBombs(t *testing.T) {
	for name, data := range map[string][]byte{
		"nesting":            bytes.Repeat([]byte{0x91}, 1<<20),
		"nested maps":        bytes.Repeat([]byte{0x81, 0xa1, 'a'}, 1<<20),
		"a huge list":        {0xdd, 0xff, 0xff, 0xff, 0xff},
		"a huge map":         {0xdf, 0xff, 0xff, 0xff, 0xff},
		"a huge text":        {0xdb, 0xff, 0xff, 0xff, 0xff},
		"a huge binary":      {0xc6, 0x7f, 0xff, 0xff, 0xff},
		"an extension":       {0xd4, 0x01, 0x00},
		"a key that is none": {0x81, 0x01, 0x01},
		"the same key twice": {0x82, 0xa1, 'a', 0x01, 0xa1, 'a', 0x02},
		"something after it": {0x01, 0x01},
		"nothing":            {},
		"an unused code":     {0xc1},
	} {
		if v, err := (transport.Codec{}).Values(data); !errors.Is(err, transport.ErrMalformed) {
			t.Errorf("%s: got %v, %v", name, v, err)
		}
	}
}

func FuzzValues(f *testing.F) {
	for _, v := range []any{nil, 1, -1.5, "text", []any{1, "two", map[string]any{"three": true}}} {
		data, err := msgpack.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := (transport.Codec{}).Values(data); err != nil && !errors.Is(err, transport.ErrMalformed) {
			t.Error(err)
		}
	})
}
