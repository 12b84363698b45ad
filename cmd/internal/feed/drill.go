package feed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"lightsout/actors/drill"
	"lightsout/race"
	"lightsout/storage/influx"
)

// fedWithin bounds how long a feed may take to catch up after a drill.
const fedWithin = time.Minute

// errAway is the error of requests while a drill keeps InfluxDB away.
var errAway = errors.New("a drill keeps InfluxDB away")

// awayTransport refuses requests while a drill keeps InfluxDB away.
type awayTransport struct {
	next http.RoundTripper
	away func() bool
}

// Away wraps the transport of a feed so that a drill can keep InfluxDB away.
func Away(away func() bool) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper { return awayTransport{next, away} }
}

// RoundTrip is part of http.RoundTripper.
func (t awayTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.away() {
		return nil, errAway
	}
	return t.next.RoundTrip(r)
}

// tracedInInflux bounds the cars whose telemetry is read back from InfluxDB, which takes long for a long race.
const tracedInInflux = 3

// Fed waits until all of a race is in InfluxDB and compares it with what is durable. After fedWithin it compares what has arrived.
func (f *Feed) Fed(ctx context.Context, id race.ID) ([]drill.Fed, error) {
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for until := time.Now().Add(fedWithin); time.Now().Before(until); {
		left, err := f.store.Unfed(ctx, influx.FeedName)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(left, id) {
			break
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	laps, err := f.store.Laps(ctx, id, race.NoCar)
	if err != nil {
		return nil, err
	}
	passings, err := f.store.Passings(ctx, id, 0, math.MaxInt32, -1)
	if err != nil {
		return nil, err
	}
	out := []drill.Fed{{Series: "laps", Expected: int64(len(laps))}, {Series: "passings", Expected: int64(len(passings))}}
	summary, err := f.store.Summary(ctx, id)
	if err != nil {
		return nil, err
	}
	if cmp.Or(summary.Race.TelemetryEvery, f.every) == 1 {
		samples := int64(0)
		err := f.store.Frames(ctx, id, 0, math.MaxInt64, func(frame *race.Frame) error {
			samples += int64(frame.Cars())
			return nil
		})
		if err != nil {
			return nil, err
		}
		traces, err := drill.ReadTraces(ctx, f.past, &summary.Race, tracedInInflux)
		if err != nil {
			return nil, fmt.Errorf("read back what was fed: %w", err)
		}
		out = append(out, drill.Fed{Series: "telemetry", Expected: samples, Traces: traces})
	}
	fields := map[string]string{"laps": "lap_number", "passings": "seq", "telemetry": "speed"}
	for i := range out {
		if out[i].Points, err = f.influx.Count(ctx, id, out[i].Series, fields[out[i].Series]); err != nil {
			return nil, fmt.Errorf("count what was fed: %w", err)
		}
	}
	return out, nil
}
