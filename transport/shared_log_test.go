package transport_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lightsout/transport"
)

var sampleEntry = transport.Entry{
	Kind: transport.BatchEntry, Role: transport.Processor, Epoch: 7, Owner: 1<<63 + 5, Race: "meridian-1", Count: 12, First: 345, Records: 3,
	Hash: 1 << 62, External: true, Ends: true, Deletes: true, Telemetry: 99,
	Receipts: []transport.Receipt{
		{Command: "a", Refusal: transport.Over, Reason: "the race is over"},
		{Command: "b", Seq: 345, At: -3, Hash: 8, Records: 3, Samples: 20, Repeated: 1},
	},
	Body: bytes.Repeat([]byte{1, 2, 3}, 400_000), // longer than any text
}

func TestEntry_ComesBackWhole(t *testing.T) {
	for _, e := range []transport.Entry{
		sampleEntry,
		{Kind: transport.ClaimEntry, Role: transport.Simulator, Telemetry: -1, Body: []byte{}},
	} {
		data, err := transport.Codec{}.Entry(&e)
		if err != nil {
			t.Fatal(err)
		}
		got, err := transport.Decode(data)
		if diff := cmp.Diff(&e, got); err != nil || diff != "" {
			t.Error(err, diff)
		}
		for n := range len(data) {
			if n > 300 {
				break
			}
			if _, err := transport.Decode(data[:n]); err == nil {
				t.Errorf("the first %d bytes of an entry are one", n)
			}
		}
	}
}
