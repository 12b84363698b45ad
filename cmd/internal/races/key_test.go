package races

import (
	"errors"
	"log/slog"
	"path/filepath"
	"testing"

	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

type unseen struct{}

func (unseen) Open(race.Race, []race.Entry)  {}
func (unseen) Publish(race.ID, []race.Facts) {}
func (unseen) Picture(race.ID, *race.Frame)  {}
func (unseen) Rest(race.ID)                  {}
func (unseen) Close(race.ID)                 {}

func TestCreate_WithAKeyMakesOneRace(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "x.db"), transport.Codec{}, log)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	all, err := New(Config{Store: store, Screen: unseen{}, Log: log, CarsMax: 1000})
	if err != nil {
		t.Fatal(err)
	}
	defer all.Engine().Stop(t.Context())
	o := race.Order{Circuit: "kartwerk", Cars: 3, Laps: 1, Seed: 1, Speed: 1, TickHz: 10, Key: "k"}
	first, err := all.Create(t.Context(), o, false)
	if err != nil {
		t.Fatal(err)
	}
	again, err := all.Create(t.Context(), o, false)
	if err != nil || again.Race.ID != first.Race.ID {
		t.Errorf("again it is %s, not %s: %v", again.Race.ID, first.Race.ID, err)
	}
	o.Seed = 2
	if _, err := all.Create(t.Context(), o, false); !errors.Is(err, race.ErrKeyReused) {
		t.Errorf("another order under the key: %v", err)
	}
	info := race.Race{Name: "Real", Rules: race.Kart(3), Lines: []race.Line{{Kind: race.LineFinish, Sector: 3}}}
	entries := []race.Entry{{Number: 1, Name: "A"}, {Number: 2, Name: "B"}}
	real, err := all.Open(t.Context(), info, entries, "other")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := all.Open(t.Context(), info, entries, "other"); err != nil || again.Race.ID != real.Race.ID {
		t.Errorf("again it is %s, not %s: %v", again.Race.ID, real.Race.ID, err)
	}
	if _, err := all.Open(t.Context(), info, entries[:1], "other"); !errors.Is(err, race.ErrKeyReused) {
		t.Errorf("other entries under the key: %v", err)
	}
	if n, err := store.Summaries(t.Context()); err != nil || len(n) != 2 {
		t.Errorf("%d races, %v", len(n), err)
	}
}

func TestCircuits_LearnsThoseOfOtherServersOnce(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "x.db"), transport.Codec{}, log)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	shared := 0
	all, err := New(Config{Store: store, Screen: unseen{}, Log: log, CarsMax: 1000, ShareCircuit: func(string, string) { shared++ }})
	if err != nil {
		t.Fatal(err)
	}
	defer all.Engine().Stop(t.Context())
	c, err := circuit.Open("kartwerk")
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		all.Circuits().Learn("elsewhere", string(text))
	}
	all.Circuits().Learn("broken", "no circuit")
	own := *c
	own.Key = "here"
	if err := all.Circuits().AddCircuit(t.Context(), &own); err != nil || shared != 1 {
		t.Errorf("an imported circuit was shared %d times, %v", shared, err)
	}
	known, err := all.Circuits().Imported(t.Context())
	if err != nil || len(known) != 2 {
		t.Errorf("%d circuits, %v", len(known), err)
	}
}
