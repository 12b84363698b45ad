package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lightsout/actors/engine"
	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/races"
	"lightsout/cmd/internal/simulation"
	"lightsout/gateway/live"
	"lightsout/race"
	"lightsout/race/drive"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

func mustReadFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// kartOrder is the race of mustRaceFile.
func kartOrder(db string, more ...string) []string {
	return append([]string{"simulate", "--circuit", "kartwerk", "--cars", "6", "--laps", "3", "--seed", "7", "--id", "kart", "--db", db}, more...)
}

// widened is a circuit file of kartwerk with another width.
func widened(t *testing.T) string {
	t.Helper()
	text, _, err := command(t, "circuit", "show", "kartwerk", "--text")
	if err != nil {
		t.Fatal(err)
	}
	other := strings.Replace(text, "\nwidth ", "\nwidth 1", 1)
	if other == text {
		t.Fatalf("no width in %s", text)
	}
	path := filepath.Join(t.TempDir(), "kartwerk.circuit")
	if err := os.WriteFile(path, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSimulate_OrderThatDiffersFromTheStoredRaceIsRefused(t *testing.T) {
	db := mustRaceFile(t)
	before := mustReadFile(t, db)
	for _, c := range []struct {
		want string
		args []string
	}{
		{"race kart is there already with tick_hz 10, ordered is 20: use another --id or --db", []string{"--tick-hz", "20"}},
		{"with cars 6, ordered is 7", []string{"--cars", "7"}},
		{"with laps 3, ordered is 4", []string{"--laps", "4"}},
		{"with laps 3, ordered is 2", []string{"--laps", "2"}},
		{"with seed 7, ordered is 8", []string{"--seed", "8"}},
		{"with circuit kartwerk, ordered is harbour", []string{"--circuit", "harbour"}},
		{`with the circuit's content (line 4) "width`, []string{"--circuit", widened(t)}},
		{"with cars 6, ordered is 5; seed 7, ordered is 9", []string{"--cars", "5", "--seed", "9"}},
	} {
		out, _, err := command(t, kartOrder(db, c.args...)...)
		if err == nil || !errors.Is(err, cli.ErrBadInput) || !strings.Contains(err.Error(), c.want) || out != "" {
			t.Errorf("%v: %v, %q, expected %q", c.args, err, out, c.want)
		}
	}
	if !bytes.Equal(before, mustReadFile(t, db)) {
		t.Error("the file has changed")
	}
}

func TestSimulate_SameOrderAgainPrintsTheStoredResultAndWritesNothing(t *testing.T) {
	db := filepath.Join(t.TempDir(), "races.db")
	log := filepath.Join(t.TempDir(), "race.lolog")
	first, _, err := command(t, kartOrder(db, "--json")...)
	if err != nil {
		t.Fatal(err)
	}
	before := mustReadFile(t, db)
	again, said, err := command(t, kartOrder(db, "--json", "--speed", "50", "--log", log)...)
	if err != nil || again != first || !strings.Contains(said, "race kart is already there in "+db) {
		t.Errorf("%v, %q, %s", err, said, cmp.Diff(first, again))
	}
	if !bytes.Equal(before, mustReadFile(t, db)) {
		t.Error("the file has changed")
	}
	if !bytes.Equal(mustReadFile(t, log), mustLog(t, mustReadStore(t, db), "kart")) {
		t.Error("the log is not that of the race")
	}
	if other, _, err := command(t, kartOrder(db, "--json", "--id", "kart-2")...); err != nil || strings.ReplaceAll(other, "kart-2", "kart") != first {
		t.Errorf("under another id: %v, %s", err, other)
	}
}

// stopping is a journal that interrupts its race after so many batches.
type stopping struct {
	processor.Journal
	after  int
	cancel func()
}

func (s *stopping) Append(b *race.Batch, ready func(error)) {
	switch s.after--; {
	case s.after == 0:
		s.cancel()
	case s.after < 0: // or the race may be over before it hears of it
		return
	}
	s.Journal.Append(b, ready)
}

// mustInterrupt simulates until so many batches have been handed to the store.
func mustInterrupt(t *testing.T, o simulation.Options, batches int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o.Journal = func(j processor.Journal) processor.Journal { return &stopping{j, batches, cancel} }
	if _, err := simulation.Run(ctx, o, t.Output()); err == nil || !strings.Contains(err.Error(), "the same order goes on from there") {
		t.Fatalf("interrupted after %d batches: %v", batches, err)
	}
}

// mustBeTheSameRace compares two races in all but their pace and when their records were written.
func mustBeTheSameRace(t *testing.T, want, got kept) {
	t.Helper()
	for _, k := range []*kept{&want, &got} {
		k.Summary.CreatedAt, k.Summary.Race.Speed = 0, 0
		for i := range k.Records {
			k.Records[i].RecordedAt = 0
			if info, ok := k.Records[i].Body.(race.Announced); ok {
				info.Race.Speed = 0
				k.Records[i].Body = info
			}
		}
		for i := range k.Passings {
			k.Passings[i].RecordedAt = 0
		}
		for i := range k.Versions {
			k.Versions[i].RecordedAt = 0
		}
		for i := range k.Rulings {
			k.Rulings[i].RecordedAt = 0
		}
	}
	if !reflect.DeepEqual(want, got) { // which is quick, where cmp is not
		t.Errorf("the race is another one: %.2000s", cmp.Diff(want, got))
	}
}

// firstBatch is a journal that notes the first batch that a race hands over, and interrupts it.
type firstBatch struct {
	processor.Journal
	count  atomic.Uint64
	cancel func()
}

func (f *firstBatch) Append(b *race.Batch, ready func(error)) {
	if f.count.CompareAndSwap(0, b.Count) { // the rest waits: or the race may be over before it hears of it
		f.cancel()
		f.Journal.Append(b, ready)
	}
}

// mustGoOnAfter holds that a race goes on with the batch after the stored field, and simulates none before it.
func mustGoOnAfter(t *testing.T, db string, order race.Order, count uint64) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var first *firstBatch
	_, err := simulation.Run(ctx, simulation.Options{Order: order, ID: "kart", DB: db, Journal: func(j processor.Journal) processor.Journal {
		first = &firstBatch{Journal: j, cancel: cancel}
		return first
	}}, t.Output())
	if err == nil || first.count.Load() != count+1 {
		t.Errorf("%d batches are stored, the race went on with batch %d: %v", count, first.count.Load(), err)
	}
}

func TestSimulate_InterruptedRaceContinuesToTheSameResult(t *testing.T) {
	undisturbed := filepath.Join(t.TempDir(), "undisturbed.db")
	want, _, err := command(t, kartOrder(undisturbed, "--json")...)
	if err != nil {
		t.Fatal(err)
	}
	order := race.Order{Circuit: "kartwerk", Cars: 6, Laps: 3, Seed: 7, TickHz: 10}
	db, log := filepath.Join(t.TempDir(), "races.db"), filepath.Join(t.TempDir(), "race.lolog")
	if err := os.WriteFile(log, []byte("the log of an earlier race"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, batches := range []int{1, 40, 400} { // each time from where the last one left it
		mustInterrupt(t, simulation.Options{Order: order, ID: "kart", DB: db, Log: log}, batches)
		if out, _, err := command(t, kartOrder(db, "--seed", "8")...); err == nil || !errors.Is(err, cli.ErrBadInput) || out != "" {
			t.Errorf("another order for the race that is not over: %v", err)
		}
		if string(mustReadFile(t, log)) != "the log of an earlier race" {
			t.Error("the log was cut before what replaces it was whole")
		}
	}
	before := mustReadAll(t, mustReadStore(t, db), "kart")
	store, err := sqlite.Open(db, transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	left, err := archive.Position(store, "kart")
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
	mustGoOnAfter(t, db, order, left.Count)
	if after := mustReadAll(t, mustReadStore(t, db), "kart"); len(after.Records) < len(before.Records) {
		t.Errorf("%d records became %d", len(before.Records), len(after.Records))
	}
	got, said, err := command(t, kartOrder(db, "--json", "--log", log)...)
	if err != nil || got != want || !strings.Contains(said, "race kart goes on in lap ") {
		t.Errorf("%v, %q, %s", err, said, cmp.Diff(want, got))
	}
	mustBeTheSameRace(t, mustReadAll(t, mustOpenStore(t, undisturbed), "kart"), mustReadAll(t, mustOpenStore(t, db), "kart"))
	if timed, _, err := command(t, "time", log, "--json"); err != nil || withoutSuspects(t, timed) != withoutManifest(t, want) {
		t.Errorf("timed from its log: %v\n%s", err, timed)
	}
	if out, _, err := command(t, "db", "check", db); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func TestSimulate_KilledAtAnyMomentItContinuesToTheSameResult(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and kills the real program")
	}
	bin := mustBuild(t)
	order := func(db string) []string {
		return []string{"simulate", "--circuit", "kartwerk", "--cars", "20", "--laps", "8", "--seed", "7", "--id", "kart", "--db", db, "--json"}
	}
	undisturbed, db := filepath.Join(t.TempDir(), "undisturbed.db"), filepath.Join(t.TempDir(), "races.db")
	want, _, err := command(t, order(undisturbed)...)
	if err != nil {
		t.Fatal(err)
	}
	for lap := 1; lap < 8; lap += 2 {
		cmd := exec.Command(bin, append(order(db), "--speed", "200")...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		mustReachLap(t, db, lap, ended)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-ended
	}
	got, _, err := command(t, order(db)...)
	if err != nil || got != want {
		t.Errorf("%v: %s", err, cmp.Diff(want, got))
	}
	mustBeTheSameRace(t, mustReadAll(t, mustOpenStore(t, undisturbed), "kart"), mustReadAll(t, mustOpenStore(t, db), "kart"))
}

// mustReachLap waits until the race kart of a file that another process writes is in a lap.
func mustReachLap(t *testing.T, db string, lap int, ended <-chan error) {
	t.Helper()
	for {
		store, err := sqlite.OpenForReading(db, transport.Codec{})
		if err == nil {
			s, err := store.Summary(t.Context(), "kart")
			_ = store.Close()
			if err == nil && s.LeaderLap >= lap {
				return
			}
		}
		select {
		case err := <-ended:
			t.Fatalf("it ended before lap %d: %v", lap, err)
		case <-time.After(5 * time.Millisecond): // between two looks
		}
	}
}

func TestSimulate_ContinuesARaceThatAServerLeft(t *testing.T) {
	order := race.Order{Name: "Evening race", Circuit: "kartwerk", Cars: 6, Laps: 3, Seed: 7, TickHz: 10, Speed: 100}
	for name, leave := range map[string]func(ctx context.Context, all *races.Races, id race.ID) error{
		"waiting": func(context.Context, *races.Races, race.ID) error { return nil },
		"paused": func(ctx context.Context, all *races.Races, id race.ID) error {
			_, start := all.Control(ctx, id, race.ControlStart, race.Now)
			_, pause := all.Control(ctx, id, race.ControlPause, race.Now)
			return errors.Join(start, pause)
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := filepath.Join(t.TempDir(), "races.db")
			id := serveFor(t, db, func(ctx context.Context, all *races.Races) (race.ID, error) {
				made, err := all.Create(ctx, order, false)
				return made.Race.ID, errors.Join(err, leave(ctx, all, made.Race.ID))
			})
			out, _, err := command(t, kartOrder(db, "--id", string(id), "--json")...)
			if err != nil || !strings.Contains(out, `"name": "Evening race"`) || !strings.Contains(out, `"status": "finished"`) {
				t.Errorf("%v: %s", err, out)
			}
			if _, _, err := command(t, kartOrder(db, "--id", string(id), "--seed", "8")...); !errors.Is(err, cli.ErrBadInput) {
				t.Errorf("another order for it: %v", err)
			}
		})
	}
}

// serveFor runs the races of a server on a file while work goes on.
func serveFor(t *testing.T, db string, work func(context.Context, *races.Races) (race.ID, error)) race.ID {
	t.Helper()
	store := mustStore(t, db)
	all := mustRaces(t, store)
	id, err := work(t.Context(), all)
	if err := errors.Join(err, all.Engine().Stop(t.Context()), store.Close()); err != nil {
		t.Fatal(err)
	}
	return id
}

// mustRaces are the races of a server on a store.
func mustRaces(t *testing.T, store *sqlite.Store) *races.Races {
	t.Helper()
	all, err := races.New(races.Config{
		Store: store, Screen: live.NewHub(transport.Codec{}, nil), Log: slog.New(slog.DiscardHandler), CarsMax: races.CarsMax,
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRecorder_RefusesAnotherRaceOfAnExistingIDAndStoresNothingOfIt(t *testing.T) {
	db := mustRaceFile(t)
	before := mustReadAll(t, mustReadStore(t, db), "kart")
	c, err := cli.OpenCircuit("kartwerk")
	if err != nil {
		t.Fatal(err)
	}
	info, model, err := drive.NewRace(race.Order{Circuit: "kartwerk", Cars: 6, Laps: 30, Seed: 8, TickHz: 20}, "kart", c)
	if err != nil {
		t.Fatal(err)
	}
	store := mustOpenStore(t, db)
	watch := engine.NewWatcher()
	p, err := engine.New(engine.Config{Journal: store, Spectators: watch, Observer: watch, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	err = p.Start(simulator.StartRace{Info: info, Model: model, Start: true}) // without a look at the store
	var taken *race.TakenError
	if !errors.As(err, &taken) || !errors.Is(err, race.ErrConflict) || len(taken.Differences) != 3 {
		t.Errorf("started: %v", err)
	}
	<-watch.Over()
	if err := errors.Join(p.Stop(t.Context()), store.Close()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, mustReadAll(t, mustOpenStore(t, db), "kart")); diff != "" {
		t.Errorf("the race has changed: %.1000s", diff)
	}
}

func TestImport_NamesTheDifferencesToTheRaceThatHasTheID(t *testing.T) {
	store := mustOpenStore(t, mustRaceFile(t))
	other := mustLog(t, mustOpenStore(t, mustRaceFile(t, "--laps", "2", "--seed", "9")), "kart")
	_, _, err := archive.ImportLog(t.Context(), store, bytes.NewReader(other), "")
	if !errors.Is(err, race.ErrConflict) || !strings.Contains(err.Error(), "seed 7, ordered is 9; laps 3, ordered is 2: choose another id") {
		t.Errorf("got %v", err)
	}
}
