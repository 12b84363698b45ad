package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lightsout/race"
)

// Traces is a store that returns traces.
type Traces interface {
	Trace(ctx context.Context, q race.TraceQuery) (*race.Trace, error)
}

// Frames is a store that returns telemetry frames.
type Frames interface {
	Frames(ctx context.Context, id race.ID, from, to race.Tick, each func(*race.Frame) error) error
}

// Telemetry tests a store that telemetry is written to and read from; it includes TracesContract.
func Telemetry(t *testing.T, open func(t *testing.T) (Journal, Frames, Traces)) {
	TracesContract(t, func(t *testing.T, batches []*race.Batch) Traces {
		j, _, traces := open(t)
		for _, b := range batches {
			MustAppend(t, j, b)
		}
		return traces
	})
	t.Run("frames are complete, in order, and only the requested ones", func(t *testing.T) {
		j, frames, _ := open(t)
		givesFrames(t, j, frames)
	})
	t.Run("reads are consistent while a race is written", func(t *testing.T) {
		j, frames, traces := open(t)
		readsWhatIsWritten(t, j, frames, traces)
	})
	t.Run("a reader that stops reading blocks no writer", func(t *testing.T) {
		j, frames, _ := open(t)
		waitsForNoReader(t, j, frames)
	})
}

// TracesContract tests every store of telemetry. fill returns one that contains all of the batches, however they are written.
func TracesContract(t *testing.T, fill func(t *testing.T, batches []*race.Batch) Traces) {
	field := Field{ID: "simulated", Cars: 70}
	const last = 250 // neither cars nor ticks fill their blocks
	outside, samples := externalRace()
	repeated, merged := repeatedRace()
	traces := fill(t, slices.Concat(field.Batches(last), outside, repeated))
	t.Run("one car, over any range of time, in the requested channels", func(t *testing.T) {
		for _, q := range []race.TraceQuery{
			{Car: 0, To: race.TimeMax},
			{Car: 31, To: race.TimeMax}, {Car: 32, To: race.TimeMax}, {Car: 69, To: race.TimeMax},
			{Car: 5, From: -race.Hour, To: field.At(1)},
			{Car: 5, From: field.At(7), To: field.At(7)},
			{Car: 5, From: field.At(99), To: field.At(102)},
			{Car: 5, From: field.At(99) + 1, To: field.At(102) - 1},
			{Car: 40, From: field.At(199), To: field.At(249), Channels: []race.Channel{race.ChannelSpeed}},
			{Car: 40, From: field.At(249), To: race.Hour, Channels: []race.Channel{race.ChannelGear, race.ChannelDRS, race.ChannelLapFraction}},
			{Car: 40, From: field.At(last) + 1, To: race.TimeMax},
			{Car: 70, To: race.TimeMax},
			{Car: 1, From: 5, To: 4},
		} {
			q.Race = field.ID
			compareTraces(t, traces, q, field.Trace(q, last))
		}
	})
	t.Run("a real car, with channels that it did not report", func(t *testing.T) {
		for _, q := range []race.TraceQuery{
			{Car: 0, From: -race.Hour, To: race.TimeMax}, {Car: 1, From: -race.Hour, To: race.TimeMax},
			{Car: 0, From: 0, To: 10_001}, {Car: 2, From: -race.Hour, To: race.TimeMax},
			{Car: 1, From: 1, To: 20_000, Channels: []race.Channel{race.ChannelX, race.ChannelRPM}},
		} {
			q.Race = "real"
			compareTraces(t, traces, q, sampled(q, samples))
		}
	})
	t.Run("two reports of an instant are one sample: the later one replaces the channels that it has", func(t *testing.T) {
		got, err := traces.Trace(context.Background(), race.TraceQuery{Race: "repeated", To: race.TimeMax})
		must(t, err)
		if diff := cmp.Diff(merged, got, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("an unknown race is not found", func(t *testing.T) {
		if _, err := traces.Trace(context.Background(), race.TraceQuery{Race: "none", To: race.Hour}); !errors.Is(err, race.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}

func compareTraces(t *testing.T, traces Traces, q race.TraceQuery, want *race.Trace) {
	t.Helper()
	got, err := traces.Trace(context.Background(), q)
	if err != nil {
		t.Errorf("%+v: %v", q, err)
		return
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%+v: %s", q, diff)
	}
	for c, values := range got.Values {
		c := race.Channel(c)
		kept := c != race.ChannelX && c != race.ChannelY
		if q.Race == "real" {
			kept = c != race.ChannelLap && c != race.ChannelLapFraction
		}
		if has := values != nil; has != (kept && asked(q, c)) && len(got.Time) > 0 {
			t.Errorf("%+v: channel %v is there: %v", q, c, has)
		}
	}
}

// announced returns the first batch of an external race of two cars.
func announced(id race.ID) *race.Batch {
	info := race.Race{ID: id, Name: "Real", Kind: race.External, Cars: 2, Rules: race.F1(3), Lines: []race.Line{{Kind: race.LineFinish, Sector: 3}}}
	return &race.Batch{Race: id, Count: 1, Records: []race.Record{{Seq: 1, RecordedAt: 2, Body: race.Announced{Race: info}}}}
}

// repeatedRace returns a race whose car 0 reports its instants in parts: 40 of them (more than one statement of a store) in
// two batches, and one in parts of one batch. The trace is the expected result.
func repeatedRace() ([]*race.Batch, *race.Trace) {
	const u = race.Unknown
	batches := []*race.Batch{announced("repeated"), {Race: "repeated", Count: 2}, {Race: "repeated", Count: 3}}
	out := &race.Trace{}
	add := func(at race.Micros, values map[race.Channel]int32) {
		out.Time = append(out.Time, at)
		for c := range race.ChannelCount {
			if c != race.ChannelLap && c != race.ChannelLapFraction {
				out.Values[c] = append(out.Values[c], values[c])
			}
		}
	}
	for n := range 40 {
		at := race.Micros(n)
		batches[1].Samples = append(batches[1].Samples, race.Sample{Time: at, SpeedDKMH: 1237, RPM: n, Gear: 3, Throttle: 1, Brake: 2, DRS: u, XDM: u, YDM: -7})
		batches[2].Samples = append(batches[2].Samples, race.Sample{Time: at, SpeedDKMH: u, RPM: n + 1, Gear: 0, Throttle: 0, Brake: u, DRS: u, XDM: 5, YDM: u})
		add(at, map[race.Channel]int32{
			race.ChannelSpeed: 1237, race.ChannelRPM: int32(n) + 1, race.ChannelBrake: 2, race.ChannelDRS: u, race.ChannelX: 5, race.ChannelY: -7,
		})
	}
	batches[2].Samples = append(batches[2].Samples,
		race.Sample{Time: 100, SpeedDKMH: 1239, RPM: 9000, Gear: u, Throttle: u, Brake: u, DRS: u, XDM: u, YDM: u},
		race.Sample{Time: 100, SpeedDKMH: 1240, RPM: u, Gear: -1, Throttle: u, Brake: u, DRS: u, XDM: u, YDM: u},
		race.Sample{Time: 100, SpeedDKMH: u, RPM: u, Gear: u, Throttle: 7, Brake: u, DRS: 14, XDM: u, YDM: u})
	add(100, map[race.Channel]int32{
		race.ChannelSpeed: 1240, race.ChannelRPM: 9000, race.ChannelGear: -1, race.ChannelThrottle: 7, race.ChannelBrake: u, race.ChannelDRS: 14,
		race.ChannelX: u, race.ChannelY: u,
	})
	return batches, out
}

// externalRace returns an external race and all its samples.
func externalRace() ([]*race.Batch, []race.Sample) {
	batches := []*race.Batch{announced("real")}
	var all []race.Sample
	for n := range 60 {
		at := race.Micros(n)*10_000 + race.Micros(n%3)
		s := []race.Sample{
			{Car: 0, Time: at, SpeedDKMH: 100 + n, RPM: 9000 + n, Gear: 3, Throttle: n, Brake: 0, DRS: 8, XDM: -5 * n, YDM: 7 * n},
			{Car: 1, Time: at - 50_000, SpeedDKMH: 300 - n, RPM: race.Unknown, Gear: race.Unknown, Throttle: 100, Brake: race.Unknown,
				DRS: race.Unknown, XDM: n, YDM: race.Unknown},
		}
		all = append(all, s...)
		batches = append(batches, &race.Batch{Race: "real", Count: uint64(n) + 2, Samples: s})
	}
	return batches, all
}

func sampled(q race.TraceQuery, samples []race.Sample) *race.Trace {
	out := &race.Trace{Car: q.Car}
	for i := range samples {
		s := &samples[i]
		if s.Car != q.Car || s.Time < q.From || s.Time > q.To {
			continue
		}
		out.Time = append(out.Time, s.Time)
		for c, v := range s.Channels() {
			if c := race.Channel(c); asked(q, c) && c != race.ChannelLap && c != race.ChannelLapFraction {
				out.Values[c] = append(out.Values[c], v)
			}
		}
	}
	return out
}

func mustFrames(t *testing.T, f Frames, id race.ID, from, to race.Tick) []*race.Frame {
	t.Helper()
	var out []*race.Frame
	must(t, f.Frames(context.Background(), id, from, to, func(f *race.Frame) error { out = append(out, f); return nil }))
	return out
}

// SameFrames compares frames column by column: a thousand times faster than cmp.
func SameFrames(t *testing.T, want, got []*race.Frame) {
	t.Helper()
	if len(want) != len(got) {
		t.Errorf("%d frames, expected %d", len(got), len(want))
		return
	}
	for i, w := range want {
		g := got[i]
		if w.Tick != g.Tick || w.Time != g.Time || w.First != g.First || !slices.Equal(w.LapFraction, g.LapFraction) ||
			!slices.Equal(w.State, g.State) || !slices.Equal(w.Lap, g.Lap) || !slices.Equal(w.SpeedDKMH, g.SpeedDKMH) ||
			!slices.Equal(w.RPM50, g.RPM50) || !slices.Equal(w.Throttle, g.Throttle) || !slices.Equal(w.Brake, g.Brake) ||
			!slices.Equal(w.GearDRS, g.GearDRS) {
			t.Errorf("frame %d: %s", w.Tick, cmp.Diff(w, g))
			return
		}
	}
}

func givesFrames(t *testing.T, j Journal, frames Frames) {
	field := Field{ID: "r", Cars: 70}
	var want []*race.Frame
	for _, b := range field.Batches(250) {
		MustAppend(t, j, b)
		if b.Frame != nil {
			want = append(want, b.Frame)
		}
	}
	for _, r := range [][2]race.Tick{{0, 1 << 40}, {1, 250}, {95, 105}, {100, 100}, {101, 101}, {200, 201}, {240, 999}} {
		from, to := max(1, r[0]), min(250, r[1])
		SameFrames(t, want[from-1:to], mustFrames(t, frames, "r", r[0], r[1]))
	}
	if got := mustFrames(t, frames, "r", 251, 1<<40); len(got) != 0 {
		t.Errorf("%d frames after the end", len(got))
	}
	stop := errors.New("enough")
	seen := 0
	err := frames.Frames(context.Background(), "r", 1, 250, func(*race.Frame) error {
		if seen++; seen == 120 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || seen != 120 {
		t.Errorf("%d frames, %v", seen, err)
	}
}

// readsWhatIsWritten reads history continuously while a race is written, and checks every value.
func readsWhatIsWritten(t *testing.T, j Journal, frames Frames, traces Traces) {
	field := Field{ID: "r", Cars: 40}
	const last = 450
	MustAppend(t, j, field.Info())
	var durable atomic.Int64
	written := make(chan error, 1)
	go func() {
		for tick := race.Tick(1); tick <= last; tick++ {
			done := make(chan error, 1)
			j.Append(field.Tick(tick), func(err error) { done <- err })
			if err := <-done; err != nil {
				written <- fmt.Errorf("tick %d: %w", tick, err)
				return
			}
			durable.Store(int64(tick))
		}
		written <- nil
	}()
	rounds := 0
	for over := false; !over; rounds++ {
		select {
		case err := <-written:
			must(t, err)
			over = true
		default:
		}
		atLeast := durable.Load()
		q := race.TraceQuery{Race: "r", Car: race.CarIdx(rounds % field.Cars), To: race.TimeMax}
		got, err := traces.Trace(context.Background(), q)
		must(t, err)
		if int64(len(got.Time)) < atLeast {
			t.Fatalf("%d ticks where %d were durable", len(got.Time), atLeast)
		}
		if diff := cmp.Diff(field.Trace(q, race.Tick(len(got.Time))), got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
		from := race.Tick(max(1, atLeast-120))
		for i, f := range mustFrames(t, frames, "r", from, last) {
			SameFrames(t, []*race.Frame{field.Frame(from + race.Tick(i))}, []*race.Frame{f})
		}
	}
	t.Logf("read %d times meanwhile", rounds)
}

// waitsForNoReader stops a reader in the middle and continues to write: if the writer waited for the reader, the test would
// never end.
func waitsForNoReader(t *testing.T, j Journal, frames Frames) {
	field := Field{ID: "r", Cars: 40}
	for _, b := range field.Batches(150) {
		MustAppend(t, j, b)
	}
	seen := 0
	err := frames.Frames(context.Background(), "r", 1, 1<<40, func(f *race.Frame) error {
		if seen++; seen == 120 {
			for tick := race.Tick(151); tick <= 350; tick++ {
				MustAppend(t, j, field.Tick(tick))
			}
		}
		SameFrames(t, []*race.Frame{field.Frame(race.Tick(seen))}, []*race.Frame{f})
		return nil
	})
	if err != nil || seen != 350 {
		t.Errorf("%d frames, %v", seen, err)
	}
}
