package influx

import (
	"bytes"
	"testing"

	"github.com/klauspost/compress/gzip"

	"lightsout/race"
)

// Encode returns the line of a car in a frame.
func Encode(b, prefix []byte, f *race.Frame, car int, at Locate, ns int64) []byte {
	return appendFrame(b, prefix, f, car, at, ns)
}

// Head returns the start of a car's telemetry lines.
func Head(id race.ID, e *race.Entry) []byte {
	return append(carTags([]byte("telemetry"), id, e), ' ')
}

// Zip compresses like the Feed.
func Zip(t testing.TB, lines []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(lines); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// AheadMost is how many stretches a race is read beyond its cursor, BehindMost how many races catch up at a time.
const (
	AheadMost  = maxAhead
	BehindMost = maxBehind
)
