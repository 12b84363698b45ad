package sweep

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"lightsout/actors/processor"
	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/manifest"
	"lightsout/cmd/internal/racefile"
	"lightsout/cmd/internal/simulation"
	"lightsout/race"
	"lightsout/race/batch"
	"lightsout/race/circuit"
	"lightsout/race/drive"
)

// written keeps the records that the actors made.
type written struct {
	processor.Journal
	records []race.Record
}

func (w *written) Append(b *race.Batch, ready func(error)) {
	w.records = append(w.records, b.Records...)
	w.Journal.Append(b, ready)
}

func TestBatch_MakesTheRecordsAndTheResultOfTheActors(t *testing.T) {
	for name, order := range map[string]race.Order{
		"laps":     {Circuit: "kartwerk", Cars: 12, Laps: 10, Seed: 3, TickHz: 10},
		"time":     {Circuit: "kartwerk", Cars: 7, DurationS: 240, Seed: 4, TickHz: 20},
		"failures": {Circuit: "harbour", Cars: 20, Laps: 9, Seed: 5, TickHz: 10, Setup: `{"entries":[{"pace_s":5,"pit_laps":[2]}],"model":{"failures":{"chance":1,"chance_max":1}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := circuit.Open(order.Circuit)
			if err != nil {
				t.Fatal(err)
			}
			var w *written
			done, err := simulation.Run(t.Context(), simulation.Options{Order: order, ID: "r", Journal: func(j processor.Journal) processor.Journal {
				w = &written{Journal: j}
				return w
			}}, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			info, m, err := drive.NewRace(order, "r", c)
			if err != nil {
				t.Fatal(err)
			}
			var records []race.Record
			out, err := batch.Run(info, m, batch.Options{Laps: true, Each: func(r *race.Record) { records = append(records, *r) }})
			if err != nil {
				t.Fatal(err)
			}
			for i := range w.records {
				w.records[i].RecordedAt = 0
			}
			if d := cmp.Diff(w.records, records); d != "" {
				t.Errorf("records: %.2000s", d)
			}
			if d := cmp.Diff(done.Result, out.Result); d != "" || out.Result.StateHash == "" {
				t.Errorf("result: %s", d)
			}
			for i, e := range out.Result.Entries {
				if n := len(out.Laps[e.Car]); n != e.Laps {
					t.Errorf("line %d: %d laps are kept of %d", i, n, e.Laps)
				}
			}
		})
	}
}

func mustPlan(t testing.TB, text string) (*Plan, racefile.Tree) {
	t.Helper()
	tree, err := racefile.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := PlanOf(tree)
	if err != nil {
		t.Fatal(err)
	}
	return p, tree
}

const small = `
race: {circuit: kartwerk, cars: 4, laps: 2}
vary:
  model.pace.noise_s: [0.1, 0.5]
  laps: {from: 2, to: 3, step: 1}
seeds: 1-3,9
repeats: 2
`

func TestPlan_HasEachCombinationWithEachSeedAndRepeat(t *testing.T) {
	p, _ := mustPlan(t, small)
	seen := map[string]int{}
	for i := range p.Len() {
		it, err := p.Item(i)
		if err != nil {
			t.Fatal(err)
		}
		seen[fmt.Sprintf("%v laps %d", it.Values, it.Order.Laps)]++
		seen[fmt.Sprint(it.Order.Setup, it.Order.Seed, it.Order.Laps)]++
	}
	if p.Len() != 32 || len(seen) != 4+32 || seen["[2 0.1] laps 2"] != 8 {
		t.Errorf("%d races: %v", p.Len(), seen)
	}
}

func TestPlan_NamesWhatIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"vary: {seed: [1]}":                             "vary: seed is no field",
		"vary: {model.pace.noise_s: [0.1, 99]}":         "with model.pace.noise_s 99: ",
		"vary: {laps: {from: 1, to: 3}}":                "vary: laps is",
		"vary: {laps: {from: 1, to: 3, step: 0}}":       "has the step 0",
		"vary: {laps: []}":                              "has 0 values",
		"vary: {laps: [3, 3]}":                          "vary: laps has 3 twice",
		"vary: {laps: {from: 1, to: 99999, step: 0.1}}": "values",
		"seeds: 3-1":                                    `seeds: "3-1"`,
		"seeds: 1,1":                                    "seeds: 1 is there twice",
		"repeats: 0":                                    "repeats: is 0: allowed is 1 to 1000000",
		"races: {}":                                     "races: is unknown",
		"race: {lap: 3}":                                "lap: is unknown",
		"seeds: 1-1000000\nrepeats: 3":                  "more than 1000000 races",
		"vary: {entries.3.pace_s: [1, 2]}\nrace: {entries: [{}]}": "entries.3.pace_s",
	} {
		tree, err := racefile.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := PlanOf(tree); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func options(t testing.TB, dir string) Options {
	p, tree := mustPlan(t, small)
	return Options{
		Plan: p, Sweep: tree, Jobs: 2, Out: filepath.Join(dir, "results.csv"), Laps: filepath.Join(dir, "laps.parquet"), Version: "test",
	}
}

func TestRun_ThatIsInterruptedAgainAndAgainGivesTheSameBytesAndRunsEachRaceOnce(t *testing.T) {
	whole, broken := options(t, t.TempDir()), options(t, t.TempDir())
	want, err := Run(t.Context(), whole, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var progress []int64
	for rounds := 0; ; rounds++ {
		ctx, cancel := context.WithCancel(t.Context())
		var runs atomic.Int64
		broken.Progress = func(done, _ int64) {
			progress = append(progress, done)
			if runs.Add(1) == 5 {
				cancel()
			}
		}
		got, err := Run(ctx, broken, io.Discard)
		cancel()
		if err == nil {
			if d := cmp.Diff(want, got); d != "" || rounds < 2 {
				t.Errorf("after %d interruptions: %s", rounds, d)
			}
			break
		}
		if !strings.Contains(err.Error(), "the same command goes on from there") || rounds > 20 {
			t.Fatal(err)
		}
		if rounds == 1 { // what a process that was killed may leave: rows that no line of the progress promises, half a line
			appendTo(t, broken.Out+partialEnding, "kartwerk,1,")
			appendTo(t, broken.Out+progressEnding, "12")
		}
	}
	for i, done := range progress {
		if done != int64(i+1) {
			t.Fatalf("the progress is %v", progress)
		}
	}
	for _, of := range [][2]string{{whole.Out, broken.Out}, {whole.Laps, broken.Laps}} {
		a, errA := os.ReadFile(of[0])
		b, errB := os.ReadFile(of[1])
		if err := errors.Join(errA, errB); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%v: %s has %d bytes, interrupted %d", err, of[0], len(a), len(b))
		}
	}
	left, err := os.ReadDir(filepath.Dir(broken.Out))
	if err != nil || len(left) != 5 {
		t.Errorf("%v: there are %v", err, left)
	}
	broken.Progress = func(int64, int64) { t.Error("a race was simulated again") }
	again, err := Run(t.Context(), broken, io.Discard)
	if err != nil || cmp.Diff(want.Combos, again.Combos) != "" {
		t.Errorf("a complete sweep once more: %v", err)
	}
}

func appendTo(t testing.TB, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestRun_RefusesToGoOnWithAnotherSweep(t *testing.T) {
	o := options(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(int64, int64) { cancel() }
	if _, err := Run(ctx, o, io.Discard); err == nil {
		t.Fatal("it was not interrupted")
	}
	before, err := os.ReadFile(o.Out + partialEnding)
	if err != nil || len(before) == 0 {
		t.Fatal(err)
	}
	o.Plan.Seeds = o.Plan.Seeds[:1]
	o.Sweep, err = o.Sweep.Set("seeds", "1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = Run(t.Context(), o, io.Discard); !errors.Is(err, cli.ErrBadInput) || !strings.Contains(err.Error(), "another sweep") {
		t.Errorf("got %v", err)
	}
	if after, err := os.ReadFile(o.Out + partialEnding); err != nil || !bytes.Equal(before, after) {
		t.Errorf("%v: the rows of the other sweep have changed", err)
	}
}

func TestRun_CSVAndParquetHoldTheSameRows(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	if _, err := Run(t.Context(), o, io.Discard); err != nil {
		t.Fatal(err)
	}
	o.Out, o.Laps = filepath.Join(dir, "again.parquet"), filepath.Join(dir, "laps.csv")
	if _, err := Run(t.Context(), o, io.Discard); err != nil {
		t.Fatal(err)
	}
	for csvName, parquetName := range map[string]string{"results.csv": "again.parquet", "laps.csv": "laps.parquet"} {
		f, err := os.Open(filepath.Join(dir, csvName))
		if err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(f).ReadAll()
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		rows, err := readParquet(filepath.Join(dir, parquetName))
		if err != nil || len(rows) != len(lines)-1 || len(rows) < 32*4 {
			t.Fatalf("%v: %d lines, %d rows", err, len(lines), len(rows))
		}
		for i, row := range rows {
			for k, name := range lines[0] {
				got := fmt.Sprint(row[name])
				switch v := row[name].(type) {
				case nil:
					got = ""
				case int64:
					if name == "seed" { // a seed has 64 bits without a sign, which this reader shows with one
						got = fmt.Sprint(uint64(v))
					}
				}
				if got != lines[i+1][k] {
					t.Fatalf("%s, row %d, %s: %q, in CSV %q", parquetName, i, name, got, lines[i+1][k])
				}
			}
		}
		m, err := manifest.Read(filepath.Join(dir, csvName) + manifest.Ending)
		if err != nil || m.Sweep == nil || m.Output.SHA256 == "" || m.CircuitHash == "" || m.Version != "test" {
			t.Errorf("%v: the manifest is %+v", err, m)
		}
	}
}

// readParquet reads rows as maps.
func readParquet(path string) (out []map[string]any, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r := parquet.NewReader(f)
	defer func() { err = errors.Join(err, r.Close(), f.Close()) }()
	for {
		row := map[string]any{}
		switch err := r.Read(&row); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		}
		out = append(out, row)
	}
}

func TestShare_HasWilsonsInterval(t *testing.T) {
	for _, c := range []struct {
		count, of int
		low, high float64
	}{
		{0, 10, 0, 0.2775}, {10, 10, 0.7225, 1}, {8, 40, 0.1050, 0.3476}, {1, 200, 0.0009, 0.0278}, {0, 0, 0, 0}, // R: binom.confint(…, method = "wilson")
	} {
		s := shareOf(c.count, c.of)
		if math.Abs(float64(s.Low)-c.low) > 1e-4 || math.Abs(float64(s.High)-c.high) > 1e-4 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", c.count, c.of, s.Low, s.High, c.low, c.high)
		}
	}
}

func TestSummary_CountsWhatTheRowsSay(t *testing.T) {
	o := options(t, t.TempDir())
	s, err := Run(t.Context(), o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if s.Races != 32 || len(s.Combos) != 4 {
		t.Fatalf("%d races, %d combinations", s.Races, len(s.Combos))
	}
	for _, c := range s.Combos {
		wins, places := 0, 0
		for _, one := range c.Cars {
			wins += one.Wins.Count
			for _, n := range one.Positions {
				places += n
			}
			if one.Wins.Of != 8 || one.Wins.Low > one.Wins.Share || one.Wins.High < one.Wins.Share {
				t.Errorf("%+v", one.Wins)
			}
		}
		if c.Races != 8 || wins != 8 || places != 32-c.Retired.Count || *c.WinnerGapMS.Min > *c.WinnerGapMS.P50 || c.WinnerGapMS.Count == 0 {
			t.Errorf("%+v: %d wins, %d places", c, wins, places)
		}
	}
	var page bytes.Buffer
	if err := s.WritePage(&page, "a <sweep>"); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"a &lt;sweep&gt;", "prefers-color-scheme: dark", "<svg", "model.pace.noise_s", "95 %"} {
		if !strings.Contains(page.String(), part) {
			t.Errorf("the page has no %s", part)
		}
	}
	for _, part := range []string{"http://", "https://", "<script", "url("} {
		if strings.Contains(page.String(), part) {
			t.Errorf("the page loads something: %s", part)
		}
	}
}
