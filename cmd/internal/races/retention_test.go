package races

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lightsout/cmd/internal/simulation"
	"lightsout/gateway/live"
	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

func TestRetention_LogsWhatItDeletedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "races.db")
	if _, err := simulation.Run(t.Context(), simulation.Options{
		Order: race.Order{Circuit: "kartwerk", Laps: 2, Cars: 4, Seed: 1, TickHz: 10}, ID: "r", DB: path,
	}, t.Output()); err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(path, transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ctx := context.Background()
	if err := store.RegisterFeed(ctx, "influx"); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	all, err := New(Config{Store: store, Screen: live.NewHub(transport.Codec{}, nil), Log: slog.New(slog.NewTextHandler(&said, nil)), CarsMax: CarsMax})
	if err != nil {
		t.Fatal(err)
	}
	defer all.Engine().Stop(t.Context())
	k := keeper{races: all, policy: sqlite.Retention{Telemetry: time.Nanosecond, SizeBytes: 1}}
	for _, step := range []struct {
		want []string
		do   func() error
	}{
		{[]string{"retention waits for feeds", "races=[r]", "nothing more can be given up"}, func() error { return nil }},
		{nil, func() error { return nil }},
		{[]string{"retention gave up", "telemetry_of=[r]", "bytes_before="}, func() error {
			end, err := store.FeedEnd(ctx, "r")
			if err != nil {
				return err
			}
			return store.MoveCursor(ctx, "influx", "r", end)
		}},
		{nil, func() error { return nil }},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		said.Reset()
		k.once(ctx)
		for _, want := range step.want {
			if !strings.Contains(said.String(), want) {
				t.Errorf("%q is not said in %s", want, said.String())
			}
		}
		if len(step.want) == 0 && said.Len() > 0 {
			t.Errorf("said again: %s", said.String())
		}
	}
	trace, err := store.Trace(ctx, race.TraceQuery{Race: "r", To: race.TimeMax})
	if err != nil || len(trace.Time) > 0 {
		t.Errorf("telemetry is left: %d ticks, %v", len(trace.Time), err)
	}
}
