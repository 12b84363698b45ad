package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/cli"
	"lightsout/gateway"
	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
	"lightsout/transport"
)

func mustOpenStore(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(path, transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// mustReadStore opens a file for reading while a server may write to it.
func mustReadStore(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.OpenForReading(path, transport.Codec{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// kept is all that a store knows of a race.
type kept struct {
	Summary  race.Summary
	Entries  []race.Entry
	Records  []race.Record
	Laps     []race.Lap
	Passings []race.PassingRow
	Events   []race.Event
	Versions []race.Version
	Results  []race.Classification
	Rulings  []race.Record
	Refused  map[race.Seq]string
	Frames   []*race.Frame
	Samples  []race.Sample
	Trace    *race.Trace
}

func mustReadAll(t *testing.T, s *sqlite.Store, id race.ID) kept {
	t.Helper()
	ctx := context.Background()
	var k kept
	var errs [11]error
	k.Summary, errs[0] = s.Summary(ctx, id)
	k.Entries, errs[1] = s.Entries(ctx, id)
	k.Records, errs[2] = s.Records(ctx, id, 0, 1_000_000)
	k.Laps, errs[3] = s.Laps(ctx, id, race.NoCar)
	k.Passings, errs[4] = s.Passings(ctx, id, 0, 1_000_000, -1)
	k.Events, errs[5] = s.Events(ctx, id)
	k.Versions, errs[6] = s.Versions(ctx, id)
	k.Rulings, k.Refused, errs[7] = s.Rulings(ctx, id)
	errs[8] = s.Frames(ctx, id, 0, 1<<40, func(f *race.Frame) error { k.Frames = append(k.Frames, f); return nil })
	k.Samples, errs[9] = s.Samples(ctx, id, race.NoCar, -race.TimeMax, race.TimeMax, 1_000_000)
	k.Trace, errs[10] = s.Trace(ctx, race.TraceQuery{Race: id, Car: 1, To: race.TimeMax})
	for _, v := range k.Versions {
		c, err := s.Version(ctx, id, v.Version)
		if err != nil {
			t.Fatal(err)
		}
		k.Results = append(k.Results, c)
	}
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return k
}

func mustLog(t *testing.T, s *sqlite.Store, id race.ID) []byte {
	t.Helper()
	e, err := archive.NewExport(context.Background(), s, id)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := e.Log(context.Background(), transport.NewLogWriter(&out)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func mustImport(t *testing.T, s *sqlite.Store, log []byte, id race.ID) race.Summary {
	t.Helper()
	made, notes, err := archive.ImportLog(context.Background(), s, bytes.NewReader(log), id)
	if err != nil || notes != nil {
		t.Fatal(err, notes)
	}
	return made
}

// externalLog is the log of a race of real cars, with rulings, a ruling that is refused, and samples.
func externalLog(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	w := transport.NewLogWriter(&out)
	seq := race.Seq(0)
	var samples []race.Sample
	for _, in := range storagetest.ExternalRace() {
		for _, r := range in.Records {
			seq++
			r.Seq, r.RecordedAt = seq, 1_795_000_000_000_000_000+int64(seq)
			_ = w.Record(&r)
		}
		samples = append(samples, in.Samples...)
	}
	_ = w.Record(&race.Record{Seq: seq + 1, Time: 4 * race.Minute, RecordedAt: 1_796_000_000_000_000_000, Author: "Ada", Body: race.ResultDeclared{}})
	_ = w.Record(&race.Record{Seq: seq + 2, Time: 5 * race.Minute, RecordedAt: 1_796_000_000_000_000_001, Author: "Ada", Body: race.CarDisqualified{Car: 2, Reason: "fuel"}})
	_ = w.Samples(samples)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestImport_GivesTheSameRaceToTheBit(t *testing.T) {
	simulated := mustOpenStore(t, mustRaceFile(t, "--cars", "40"))
	for name, log := range map[string][]byte{"simulated": mustLog(t, simulated, "kart"), "external": externalLog(t)} {
		t.Run(name, func(t *testing.T) {
			first, second := mustOpenStore(t, filepath.Join(t.TempDir(), "1.db")), mustOpenStore(t, filepath.Join(t.TempDir(), "2.db"))
			id := mustImport(t, first, log, "").Race.ID
			again := mustLog(t, first, id)
			if !bytes.Equal(log, again) {
				t.Errorf("exported again, the log has other bytes: %d and %d", len(log), len(again))
			}
			mustImport(t, second, again, "")
			want := mustReadAll(t, first, id)
			if name == "simulated" {
				want = mustReadAll(t, simulated, id)
			}
			for _, s := range []*sqlite.Store{first, second} {
				if diff := cmp.Diff(want, mustReadAll(t, s, id)); diff != "" {
					t.Error(diff)
				}
			}
			if want.Summary.Status != race.Over || want.Summary.LeaderLap == 0 || want.Results[0].StateHash == "" || len(want.Laps) == 0 ||
				len(want.Frames)+len(want.Samples) == 0 || name == "external" && (len(want.Versions) < 2 || len(want.Refused) == 0) {
				t.Errorf("the race proves little: %+v, %d versions, %d refused", want.Summary, len(want.Versions), len(want.Refused))
			}
			if lagging, err := first.Lagging(context.Background()); err != nil || len(lagging) > 0 {
				t.Errorf("it lags: %v, %v", lagging, err)
			}
		})
	}
}

func TestImport_BrokenLogLeavesNothingBehind(t *testing.T) {
	whole := externalLog(t)
	log := func(records ...race.Record) []byte {
		var out bytes.Buffer
		w := transport.NewLogWriter(&out)
		for i := range records {
			records[i].Seq = race.Seq(i + 1)
			_ = w.Record(&records[i])
		}
		_ = w.Close()
		return out.Bytes()
	}
	info := race.Record{Body: race.Announced{Race: race.Race{ID: "r", Kind: race.External, Cars: 1, Rules: race.Kart(5), Lines: []race.Line{{Sector: 3}}}}}
	other := race.Record{Body: race.Announced{Race: race.Race{ID: "external", Kind: race.External, Cars: 1, Rules: race.Kart(5)}}}
	bad := race.Record{Body: race.Announced{Race: race.Race{ID: "../r", Kind: race.External, Cars: 1, Rules: race.Kart(5)}}}
	damaged := bytes.Clone(whole)
	damaged[len(damaged)/2] ^= 1
	var picture bytes.Buffer
	w := transport.NewLogWriter(&picture)
	first := info
	first.Seq = 1
	_ = w.Record(&first)
	_ = w.Frame(&race.Frame{Tick: 1, LapFraction: []uint16{1, 2}, State: []race.CarState{0, 0}})
	_ = w.Close()
	path := filepath.Join(t.TempDir(), "races.db")
	s := mustOpenStore(t, path)
	mustImport(t, s, whole, "")
	before := mustReadAll(t, s, "external")
	for name, c := range map[string]struct {
		log  []byte
		id   race.ID
		want string
	}{
		"no log":                 {[]byte("driver_number,lap\n"), "", "not a Lights Out log"},
		"nothing":                {nil, "", "the file is empty"},
		"no race":                {log(), "", "it announces no race"},
		"cut":                    {whole[:len(whole)*2/3], "cut", "cut off at byte"},
		"damaged":                {damaged, "damaged", "byte"},
		"two races":              {log(info, other), "", "no other"},
		"no head":                {log(race.Record{Body: race.Started{}}), "", "announces the race"},
		"a bad id in the log":    {log(bad), "", `the race is called "../r"`},
		"a bad id":               {whole, "A b", "lower-case"},
		"a picture for a frame":  {picture.Bytes(), "", "not of the cars"},
		"a race that is there":   {whole, "", "is there already"},
		"the same under its own": {whole, "external", "is there already"},
	} {
		_, _, err := archive.ImportLog(context.Background(), s, bytes.NewReader(c.log), c.id)
		var invalid *race.InvalidError
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.As(err, &invalid) && !errors.Is(err, race.ErrConflict) {
			t.Errorf("%s: %v, expected %q", name, err, c.want)
		}
	}
	all, err := s.Summaries(context.Background())
	if err != nil || len(all) != 1 {
		t.Errorf("%d races are there, %v", len(all), err)
	}
	if diff := cmp.Diff(before, mustReadAll(t, s, "external")); diff != "" {
		t.Errorf("the race that was there has changed: %s", diff)
	}
	if made := mustImport(t, s, whole, "external-2"); made.Race.ID != "external-2" || made.Winner != before.Summary.Winner {
		t.Errorf("under another id: %+v", made)
	}
}

func TestImport_UnfinishedSimulationIsStoredAsFailed(t *testing.T) {
	whole := mustLog(t, mustOpenStore(t, mustRaceFile(t)), "kart")
	r, err := transport.NewLogReader(bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	var part bytes.Buffer
	w := transport.NewLogWriter(&part)
	for n := 0; n < 300; n++ {
		m, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		switch m := m.(type) {
		case *race.Record:
			_ = w.Record(m)
		case *race.Frame:
			_ = w.Frame(m)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s := mustOpenStore(t, filepath.Join(t.TempDir(), "races.db"))
	made, notes, err := archive.ImportLog(context.Background(), s, &part, "")
	if err != nil || made.Status != race.Failed || made.LeaderLap == 0 || len(notes) != 1 {
		t.Errorf("%+v, %q, %v", made, notes, err)
	}
	all := mustRaces(t, s)
	defer all.Engine().Stop(t.Context())
	if err := resumeAll(context.Background(), all); err != nil {
		t.Errorf("a server that starts on it: %v", err)
	}
}

func TestImport_FromOneServerIntoAnother(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and starts real servers")
	}
	source := mustOpenStore(t, mustRaceFile(t, "--cars", "200", "--laps", "5"))
	log := mustLog(t, source, "kart")
	if len(log) < gateway.DefaultConfig().MaxBody {
		t.Fatalf("the log has %d bytes: it must be longer than other bodies may be", len(log))
	}
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db")}
	p.start()
	post := func(body io.Reader, query string) (int, string) {
		resp, err := http.Post(p.url+"/api/v1/races/import"+query, "application/vnd.lightsout.log", body)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		data, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(data)
	}
	if code, said := post(bytes.NewReader(log[:len(log)/2]), ""); code != 422 || !strings.Contains(said, "cut off") {
		t.Errorf("half a log: %d %s", code, said)
	}
	if code, said := post(struct{ io.Reader }{bytes.NewReader(log)}, ""); code != 201 { // chunked: of no known length
		t.Fatalf("%d %s", code, said)
	}
	if code, said := post(bytes.NewReader(log), ""); code != 409 || !strings.Contains(said, "another id") {
		t.Errorf("again: %d %s", code, said)
	}
	if code, said := post(bytes.NewReader(log), "?id=kart-2"); code != 201 || !strings.Contains(said, `"id":"kart-2"`) {
		t.Errorf("under another id: %d %s", code, said)
	}
	resp, err := http.Get(p.url + "/api/v1/races/kart/export?format=log")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	back, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.Equal(back, log) || !strings.Contains(resp.Header.Get("Content-Disposition"), `"kart.lolog"`) {
		t.Errorf("the log came back with %d bytes of %d, %v, %v", len(back), len(log), resp.Header, err)
	}
	p.end(syscall.SIGTERM)
	want, got := mustReadAll(t, source, "kart"), mustReadAll(t, mustOpenStore(t, p.db), "kart")
	if !reflect.DeepEqual(want, got) { // which is quick, where cmp is not
		t.Error(cmp.Diff(want, got))
	}
}

func TestImportCommand_ReportsWhatItImported(t *testing.T) {
	dir := t.TempDir()
	log, db := filepath.Join(dir, "external.lolog"), filepath.Join(dir, "races.db")
	if err := os.WriteFile(log, externalLog(t), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, err := command(t, "import", log, "--db", db, "--json")
	if err != nil || !strings.Contains(out, `"race": "external"`) || !strings.Contains(out, `"status": "finished"`) {
		t.Errorf("%v: %s", err, out)
	}
	for want, args := range map[string][]string{
		"--id gives it another": {"import", log, "--db", db},
		"laps.csv: is missing":  {"import", dir, "--db", db},
		"no such file":          {"import", log + "x", "--db", db},
	} {
		if _, _, err := command(t, args...); err == nil || !errors.Is(err, cli.ErrBadInput) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", args, err)
		}
	}
	timed, _, err := command(t, "time", log)
	if err != nil || timed == "" {
		t.Errorf("the same file timed: %v", err)
	}
}

func TestTransfers_TableOfALogIsRefusedWithWhatIsAllowed(t *testing.T) {
	transfers := archive.NewTransfers(mustOpenStore(t, mustRaceFile(t)), nil, slog.New(slog.DiscardHandler))
	var invalid *race.InvalidError
	if _, err := transfers.Export(context.Background(), "kart", "log", "laps"); !errors.As(err, &invalid) || invalid.Faults[0].Field != "table" {
		t.Errorf("answered with %v", err)
	}
}
