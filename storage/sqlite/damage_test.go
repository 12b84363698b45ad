package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
	"lightsout/transport"
)

// original is a file with a simulated and an external race, and its contents.
type original struct {
	path    string
	data    []byte
	records map[race.ID][]race.Record
	frames  []*race.Frame
	samples []race.Sample
}

func makeOriginal(t *testing.T) *original {
	t.Helper()
	o := &original{path: filepath.Join(t.TempDir(), "races.db"), records: map[race.ID][]race.Record{}}
	s := mustOpen(t, o.path)
	field := storagetest.Field{ID: "sim", Cars: 40}
	seq := race.Seq(1)
	for _, b := range field.Batches(330) {
		if b.Frame != nil {
			for car := range race.CarIdx(3) {
				seq++
				b.Records = append(b.Records, race.Record{Seq: seq, Time: b.Frame.Time, RecordedAt: 7, Body: race.Passing{Car: car}})
			}
			if b.Frame.Tick == 330 {
				seq++
				b.Records = append(b.Records, race.Record{Seq: seq, Time: b.Frame.Time, RecordedAt: 8, Body: race.Ended{}})
			}
			o.frames = append(o.frames, b.Frame)
		}
		storagetest.MustAppend(t, s, b)
		o.records["sim"] = append(o.records["sim"], b.Records...)
	}
	reported := storagetest.Batches("told")
	announced, _ := reported[0].Records[0].Body.(race.Announced)
	announced.Race.Kind = race.External
	reported[0].Records[0].Body = announced
	for _, b := range reported {
		b.Frame = nil
		storagetest.MustAppend(t, s, b)
		o.records["told"] = append(o.records["told"], b.Records...)
	}
	for n := range 40 {
		b := &race.Batch{Race: "told", Count: uint64(n) + 5}
		for i := range 50 {
			b.Samples = append(b.Samples, race.Sample{Car: race.CarIdx(i % 2), Time: race.Micros(n*50 + i), SpeedDKMH: n, RPM: race.Unknown})
		}
		o.samples = append(o.samples, b.Samples...)
		storagetest.MustAppend(t, s, b)
	}
	for number, id := range map[int]race.ID{1: "sim", 2: ""} { // of a race, and an order for races to come
		if err := s.KeepDrill(t.Context(), sqlite.KeptDrill{Number: number, Race: id, Data: []byte(`{"name":"storm"}`)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range []string{"first,", "second"} {
		if err := s.KeepDrillPart(t.Context(), "sim", 1, "strikes.jsonl", []byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, s)
	data, err := os.ReadFile(o.path)
	if err != nil {
		t.Fatal(err)
	}
	o.data = data
	return o
}

func salvage(t *testing.T, from string) (*sqlite.Salvaged, *sqlite.Store) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "saved.db")
	saved, err := sqlite.Salvage(context.Background(), from, to, transport.Codec{}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, to)
	t.Cleanup(func() { mustClose(t, s) })
	return saved, s
}

// compare checks that everything saved equals the original, and returns the number of records and samples.
func (o *original) compare(t *testing.T, s *sqlite.Store, saved *sqlite.Salvaged) (records, samples int64) {
	t.Helper()
	ctx := context.Background()
	for _, r := range saved.Races {
		want := o.records[r.ID]
		got, err := s.Records(ctx, r.ID, 0, 10_000)
		if err != nil || int64(len(got)) != r.Records || len(got) > len(want) {
			t.Fatalf("race %s: %d records, %d are reported, %v", r.ID, len(got), r.Records, err)
		}
		if !reflect.DeepEqual(want[:len(got)], got) { // cmp takes seconds for it with the race detector
			t.Errorf("race %s: %s", r.ID, cmp.Diff(want[:len(got)], got))
		}
		if lost := int64(len(want)) - r.Records; r.LostRecords >= 0 && r.LostRecords != lost {
			t.Errorf("race %s: %d records are lost, %d are reported", r.ID, lost, r.LostRecords)
		}
		records, samples = records+r.Records, samples+r.Samples
	}
	// The frames of a tick end at a lost block.
	err := s.Frames(ctx, "sim", 0, 1<<40, func(f *race.Frame) error {
		want := o.frames[f.Tick-1]
		if f.Cars() == 32 {
			want = &race.Frame{
				Tick: want.Tick, Time: want.Time, LapFraction: want.LapFraction[:32], State: want.State[:32], Lap: want.Lap[:32],
				SpeedDKMH: want.SpeedDKMH[:32], RPM50: want.RPM50[:32], Throttle: want.Throttle[:32], Brake: want.Brake[:32], GearDRS: want.GearDRS[:32],
			}
		}
		storagetest.SameFrames(t, []*race.Frame{want}, []*race.Frame{f})
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	flaws, err := s.Check(ctx, nil)
	lostTelemetry := slices.ContainsFunc(saved.Lost, func(l string) bool { return strings.HasPrefix(l, "telemetry") })
	flaws = slices.DeleteFunc(flaws, func(f sqlite.Flaw) bool { // lost telemetry is reported as missing
		return lostTelemetry && strings.Contains(f.Text, "telemetry") && strings.HasSuffix(f.Text, "it is missing")
	})
	if err != nil || len(flaws) > 0 {
		t.Errorf("the new file has flaws: %+v, %v", flaws, err)
	}
	return records, samples
}

func (o *original) all() int64 { return int64(len(o.records["sim"]) + len(o.records["told"])) }

func TestSalvage_SavesEverythingFromAnIntactFile(t *testing.T) {
	o := makeOriginal(t)
	saved, s := salvage(t, o.path)
	records, samples := o.compare(t, s, saved)
	if want := int64(330*40 + len(o.samples)); records != o.all() || samples != want || len(saved.Lost) > 0 {
		t.Errorf("%d records of %d, %d samples of %d, lost %v", records, o.all(), samples, want, saved.Lost)
	}
	got, last, err := s.SamplesAfter(context.Background(), "told", 0, 10_000)
	if err != nil || len(got) != len(o.samples) || last != 44 {
		t.Errorf("%d samples up to batch %d, %v", len(got), last, err)
	}
	if p := storagetest.MustLoad(t, s, "told"); p.Seq != 8 || p.Count != 44 {
		t.Errorf("the race continues from %+v", p)
	}
	var strikes strings.Builder
	if err := s.WriteDrillFile(t.Context(), "sim", 1, "strikes.jsonl", &strikes); err != nil || strikes.String() != "first,second" {
		t.Errorf("a drill has left %q, %v", strikes.String(), err)
	}
	if drills, err := s.Drills(t.Context(), "", true); err != nil || len(drills) != 2 || drills[0].Race != "sim" || drills[1].Race != "" {
		t.Errorf("drills are %+v, %v", drills, err)
	}
}

func TestSalvage_SavesTheIntactPartWhereverTheFileIsDamaged(t *testing.T) {
	o := makeOriginal(t)
	const page = 4096
	dir := t.TempDir()
	anything := 0
	damage := func(name string, data []byte) {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, "damaged.db")
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			saved, s := salvage(t, path)
			records, samples := o.compare(t, s, saved)
			if records > 0 {
				anything++
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != string(data) {
				t.Errorf("the damaged file was changed, %v", err)
			}
			t.Logf("%d of %d records, %d samples; lost %q", records, o.all(), samples, saved.Lost)
		})
	}
	pages := len(o.data) / page
	for n := 0; n < pages; n += 1 + pages/10 { // a sample of all pages, overwritten with zeros or noise
		data := append([]byte{}, o.data...)
		for i := range page {
			data[n*page+i] = byte(n/(1+pages/10)%2) * byte(i*i*7+i*13+n)
		}
		damage(fmt.Sprintf("page %d", n+1), data)
	}
	for _, percent := range []int{50, 90} {
		damage(fmt.Sprintf("cut at %d %%", percent), o.data[:len(o.data)*percent/100])
	}
	if anything < 8 {
		t.Errorf("only %d damaged files had anything left to save", anything)
	}
}

func TestSalvage_RefusesToOverwriteAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(path, []byte("something"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Salvage(context.Background(), path, path, transport.Codec{}, func(string) {})
	if !errors.Is(err, race.ErrConflict) {
		t.Errorf("got %v", err)
	}
}

func TestOpen_RefusesADamagedFileAndLeavesItUnchanged(t *testing.T) {
	o := makeOriginal(t)
	dir := t.TempDir()
	for name, change := range map[string]func([]byte) []byte{
		"header":    func(d []byte) []byte { copy(d, "no header at all"); return d },
		"schema":    func(d []byte) []byte { copy(d[100:200], make([]byte, 100)); return d },
		"cut":       func(d []byte) []byte { return d[:len(d)*3/4] },
		"some page": func(d []byte) []byte { copy(d[10*4096:], strings.Repeat("\xff", 8*4096)); return d },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, strings.ReplaceAll(name, " ", "_")+".db")
			data := change(append([]byte{}, o.data...))
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := sqlite.Open(path, transport.Codec{}, slog.New(slog.DiscardHandler))
			if err == nil {
				mustClose(t, s)
				t.Fatal("the damaged file was opened")
			}
			if !errors.Is(err, sqlite.ErrDamaged) || !strings.Contains(err.Error(), "lightsout db salvage "+path) {
				t.Errorf("got %v", err)
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != string(data) {
				t.Errorf("the file was changed, %v", err)
			}
		})
	}
}

func TestCheck_ReportsEveryFlaw(t *testing.T) {
	o := makeOriginal(t)
	mustMake(t, o.path,
		statement{"DELETE FROM records WHERE race = 'sim' AND seq IN (100, 101)", nil},
		statement{"UPDATE records SET body = x'00' WHERE race = 'told' AND seq = 4", nil},
		statement{"UPDATE telemetry SET data = substr(data, 1, 200) WHERE race = 'sim' AND first_car = 32 AND first_tick = 101", nil},
		statement{"UPDATE races SET status = 3", nil})
	s, err := sqlite.OpenForReading(o.path, transport.Codec{})
	if err != nil {
		t.Fatal(err)
	}
	defer mustClose(t, s)
	calls := 0
	flaws, err := s.Check(context.Background(), func(done, total int64) {
		if calls++; done > total {
			t.Errorf("%d of %d", done, total)
		}
	})
	if err != nil || calls == 0 {
		t.Errorf("%d calls, %v", calls, err)
	}
	text := fmt.Sprint(flaws)
	for _, want := range []string{
		"{sim records 100 to 101 are missing}", "{told record 4 cannot be read", "{sim telemetry of cars 32 to 39, ticks 101 to 200: the telemetry block is damaged",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %s", want, text)
		}
	}
	if len(flaws) != 3 {
		t.Errorf("%d flaws: %s", len(flaws), text)
	}
}

func TestInfo_ReturnsTheContentsOfTheFile(t *testing.T) {
	o := makeOriginal(t)
	w := mustOpen(t, o.path)
	ctx := context.Background()
	if err := w.MoveCursor(ctx, "influx", "told", race.FeedCursor{Seq: 8, Count: 44}); err != nil {
		t.Fatal(err)
	}
	if err := w.DeadLetter(ctx, "influx", "sim", "a b=1", "bad"); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.OpenForReading(o.path, transport.Codec{}) // while another process writes
	if err != nil {
		t.Fatal(err)
	}
	info, err := s.Info(ctx)
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	mustClose(t, w)
	if info.SchemaVersion != 9 || info.FileBytes != int64(len(o.data)) || len(info.Races) != 2 {
		t.Errorf("%+v", info)
	}
	for _, r := range info.Races {
		samples := map[race.ID]int64{"sim": 330 * 40, "told": 2000}[r.ID]
		if r.Records != int64(len(o.records[r.ID])) || r.Samples != samples || r.BytesPerSample <= 0 || r.BytesPerSample > 100 {
			t.Errorf("%+v", r)
		}
	}
	rows := map[string]int64{}
	for _, table := range info.Tables {
		if table.Bytes <= 0 {
			t.Errorf("%+v", table)
		}
		rows[table.Name] = table.Rows
	}
	if rows["races"] != 2 || rows["telemetry"] != 8 || rows["samples"] != 2000 || rows["records"] != o.all() {
		t.Errorf("%+v", rows)
	}
	want := []sqlite.FeedInfo{{Feed: "influx", Race: "sim", Behind: true, Rejected: 1}, {Feed: "influx", Race: "told", Seq: 8, Count: 44}}
	if diff := cmp.Diff(want, info.Feeds); diff != "" {
		t.Error(diff)
	}
}

func TestVacuum_ShrinksTheFile(t *testing.T) {
	for _, incremental := range []bool{false, true} {
		o := makeOriginal(t)
		s := mustOpen(t, o.path)
		deleted := make(chan error, 1)
		s.Delete("sim", func(err error) { deleted <- err })
		if err := <-deleted; err != nil {
			t.Fatal(err)
		}
		before, after, err := s.Vacuum(context.Background(), incremental)
		if err != nil || before != int64(len(o.data)) || after >= before {
			t.Errorf("incremental %v: %d before, %d after, %v", incremental, before, after, err)
		}
		if n := len(storagetest.MustRead(t, s, "told", 0, 100)); n != 8 {
			t.Errorf("%d records", n)
		}
		mustClose(t, s)
	}
}
