package export_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
	"lightsout/storage/export"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

var update = flag.Bool("update", false, "rewrite the tables of README.md")

// startedAt is when the start signal of the race was given, in UTC nanoseconds.
const startedAt = 1_795_000_000_123_456_000

// mustKeep returns a store with one race of two cars that has data in every table.
func mustKeep(t testing.TB) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(filepath.Join(t.TempDir(), "races.db"), transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	src := &race.Source{Decoder: "main", Session: "a,b", Sequence: math.MaxUint64, Transponder: "T-1"}
	bodies := []struct {
		at   race.Micros
		body race.Body
	}{
		{0, race.Announced{Race: race.Race{
			ID: "r", Name: "R", Kind: race.External, Cars: 2, Rules: race.F1(2), TickHz: 10,
			Lines: []race.Line{{Kind: race.LineFinish, Sector: 3}, {Kind: race.LineSpeedTrap, Permyriad: 5000}},
		}}},
		{0, race.Entered{Entry: race.Entry{Number: 7, Code: "AAA", Name: `Ada "Ace" A, jr`, Team: "Tëam", Colour: "ff0000", Grid: 1, Transponders: []string{"T-1", "T-2"}}}},
		{0, race.Entered{Entry: race.Entry{Number: 9, PitLaneStart: true, StartOffsetM: 8}}},
		{0, race.Started{}},
		{100_000, race.Passing{Car: 0, Line: 1, SpeedKMH: 301, Source: src}},
		{100_001, race.Passing{Car: race.NoCar}},
		{250_000, race.Penalised{Car: 1, Amount: 5 * race.Second, Reason: "a\nreason"}},
		{900_000, race.Ended{}},
	}
	var records []race.Record
	for i, b := range bodies {
		records = append(records, race.Record{Seq: race.Seq(i + 1), Time: b.at, RecordedAt: startedAt, Body: b.body})
	}
	mustAppend(t, s, &race.Batch{Race: "r", Count: 1, Records: records})
	for tick := range race.Tick(3) {
		mustAppend(t, s, &race.Batch{Race: "r", Count: 2 + uint64(tick), Frame: &race.Frame{
			Tick: tick + 1, Time: race.Micros(tick+1) * 100_000, LapFraction: []uint16{1 << 14, uint16(tick)},
			State: []race.CarState{race.Running, race.InPit}, Lap: []uint16{1, 0}, SpeedDKMH: []uint16{2873, 0}, RPM50: []uint8{200, 80},
			Throttle: []uint8{100, 0}, Brake: []uint8{0, 100}, GearDRS: []uint8{8 | race.DRSOpen, 1},
		}})
	}
	mustAppend(t, s, &race.Batch{Race: "r", Count: 5, Samples: []race.Sample{{
		Car: 1, Time: -race.Second, SpeedDKMH: 991, RPM: race.Unknown, Gear: 0, Throttle: race.Unknown, Brake: race.Unknown, DRS: 12, XDM: -15, YDM: race.Unknown,
	}}})
	s.AppendFacts("r", []race.Facts{{Seq: 6, Facts: []race.Fact{
		race.LapCompleted{Lap: race.Lap{Car: 1, Number: 1, DurationMS: 90_500, SectorsMS: [3]int64{30_250, 0, 30_000}, EndMS: 91_000, Position: 1, Tyre: race.Soft, PitIn: true, Mark: race.SessionBest}},
		race.EventHappened{Event: race.Event{Kind: race.EventFlag, Car: race.NoCar, Lap: 1, TimeMS: 5, Value: 2}},
		race.EventHappened{Event: race.Event{Kind: race.EventRetired, Car: 0, Lap: 1, TimeMS: 91_000, Text: "engine"}},
		race.PassingJudged{Seq: 6, Car: race.NoCar, Time: 100_001, Verdict: race.Suspect, Reason: "nobody's", Split: race.Second},
		race.ResultPublished{Classification: race.Classification{Version: 1, Status: race.Final, Author: "Ada", StateHash: "h", Entries: []race.Classified{
			{Position: 1, Car: 1, Laps: 2, DurationMS: 181_234, PenaltyMS: 5000, BestLapMS: 90_500, BestLap: 1},
			{Car: 0, Status: race.StatusNotClassified, DurationMS: -1, GapMS: -1, GapLaps: 2, IntervalMS: -1, BestLapMS: -1, Reason: "engine"},
		}}},
	}}})
	mustAppend(t, s, &race.Batch{Race: "r", Count: 6}) // after the facts
	return s
}

func mustAppend(t testing.TB, s *sqlite.Store, b *race.Batch) {
	t.Helper()
	done := make(chan error, 1)
	s.Append(b, func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func mustExport(t *testing.T, s export.Source) *export.Export {
	t.Helper()
	e, err := export.New(context.Background(), s, "r", export.Rules{Course: func(race.Race) (*export.Course, error) {
		return export.NewCourse(4000, func(f float64) (x, y float64) { return 100 * f, -100 * f }), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// mustTable writes a table and reads it back: the header, and the rows.
func mustTable(t *testing.T, e *export.Export, name string) [][]string {
	t.Helper()
	var out bytes.Buffer
	if err := e.Table(context.Background(), name, export.CSV, &out); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return rows
}

func TestCSV_HasEveryTableWithItsUnits(t *testing.T) {
	e := mustExport(t, mustKeep(t))
	for name, want := range map[string][]string{
		"entries": {
			`7|AAA|Ada "Ace" A, jr|Tëam|ff0000|1|false|0|T-1 T-2`,
			`9||||||true|8|`,
		},
		"classification": {
			`1|9||2|finished|181.234|0|0|0|181234|0|0|5000|90500|1|`,
			`|7|AAA|0|not_classified||||||||0|||engine`,
		},
		"results": {`1|final|Ada||6|100001|2026-11-18T11:06:40.123456Z|h`},
		"laps": {
			`9||1|2026-11-18T11:06:40.623456Z|90.5|30.25||30|90500|91000|1|soft|0|true|false|clear|session_best|false`,
		},
		"events": {
			`flag||1|2026-11-18T11:06:40.128456Z|5|2|`,
			`retired|7|1|2026-11-18T11:08:11.123456Z|91000|0|engine`,
		},
		"passings": {
			`5|7|1|speed_trap|2026-11-18T11:06:40.223456Z|100000|false|301|accepted|||main|a,b|18446744073709551615|T-1|2026-11-18T11:06:40.123456Z|100000|7`,
			`6||0|finish|2026-11-18T11:06:40.223457Z|100001|false||suspect|nobody's|1000000|||||2026-11-18T11:06:40.123456Z|100001|`,
		},
		"lines": {`finish|3|0`, `speed_trap||5000`},
		"control": {
			`4|0|start||||||||||||||2026-11-18T11:06:40.123456Z`, `7|250000|time|9|5000|||||||||` + `|a` + "\n" + `reason||2026-11-18T11:06:40.123456Z`,
			`8|900000|end||||||||||||||2026-11-18T11:06:40.123456Z`,
		},
		"telemetry": {
			`2026-11-18T11:06:40.223456Z|100000|7|1|287.3|10000|8|100|0|1|25|-25|1000|0.25|running`,
			`2026-11-18T11:06:40.323456Z|200000|7|1|287.3|10000|8|100|0|1|25|-25|1000|0.25|running`,
			`2026-11-18T11:06:40.423456Z|300000|7|1|287.3|10000|8|100|0|1|25|-25|1000|0.25|running`,
			`2026-11-18T11:06:40.223456Z|100000|9|0|0|4000|1|0|100|0|0|0|0|0|pit`,
			`2026-11-18T11:06:40.323456Z|200000|9|0|0|4000|1|0|100|0|0|0|0.1|0.000015|pit`,
			`2026-11-18T11:06:40.423456Z|300000|9|0|0|4000|1|0|100|0|0|0|0.1|0.000031|pit`,
			`2026-11-18T11:06:39.123456Z|-1000000|9||99.1||0|||12|-1.5||||`,
		},
	} {
		rows := mustTable(t, e, name)
		var got []string
		for _, row := range rows[1:] {
			got = append(got, strings.Join(row, "|"))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %v: %s", name, rows[0], diff)
		}
	}
}

func TestJSONL_HasTheValuesOfCSV(t *testing.T) {
	e := mustExport(t, mustKeep(t))
	for _, name := range export.Tables() {
		rows := mustTable(t, e, name)
		var out bytes.Buffer
		if err := e.Table(context.Background(), name, export.JSONL, &out); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if len(lines) != len(rows)-1 {
			t.Fatalf("%s: %d lines and %d rows", name, len(lines), len(rows)-1)
		}
		for i, line := range lines {
			dec := json.NewDecoder(strings.NewReader(line))
			dec.UseNumber()
			var object map[string]any
			if err := dec.Decode(&object); err != nil {
				t.Fatalf("%s: %v in %s", name, err, line)
			}
			for c, key := range rows[0] {
				want, got := rows[i+1][c], ""
				if v, there := object[key]; !there {
					t.Errorf("%s: %s is missing in %s", name, key, line)
				} else if v != nil {
					got = fmt.Sprint(v)
				}
				if got != want {
					t.Errorf("%s, row %d, %s: %q, in CSV %q", name, i, key, got, want)
				}
			}
		}
	}
}

// logged is a log in memory.
type logged struct{ bytes.Buffer }

func (l *logged) messages(t *testing.T) (out []transport.Message) {
	t.Helper()
	r, err := transport.NewLogReader(bytes.NewReader(l.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for {
		m, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
}

func TestLog_IsCompleteAndAlwaysTheSame(t *testing.T) {
	s := mustKeep(t)
	var first, second logged
	for _, to := range []*logged{&first, &second} {
		if err := mustExport(t, s).Log(context.Background(), transport.NewLogWriter(to)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same race gives two different files")
	}
	var got []string
	for _, m := range first.messages(t) {
		switch m := m.(type) {
		case *race.Record:
			got = append(got, fmt.Sprint("record ", m.Seq))
		case *race.Frame:
			got = append(got, fmt.Sprint("frame ", m.Tick))
		case []race.Sample:
			got = append(got, fmt.Sprint("samples ", len(m)))
		}
	}
	want := "record 1, record 2, record 3, record 4, record 5, frame 1, record 6, frame 2, record 7, frame 3, record 8, samples 1"
	if strings.Join(got, ", ") != want {
		t.Errorf("the order is %v", got)
	}
}

func TestExport_NamesWhatIsMissing(t *testing.T) {
	s := mustKeep(t)
	if _, err := export.New(context.Background(), s, "other", export.Rules{}); !errors.Is(err, race.ErrNotFound) {
		t.Errorf("another race: %v", err)
	}
	e, err := export.New(context.Background(), s, "r", export.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	var invalid *race.InvalidError
	if err := e.Table(context.Background(), "lap", export.CSV, io.Discard); !errors.As(err, &invalid) || !strings.Contains(invalid.Faults[0].Allowed, "laps") {
		t.Errorf("another table: %v", err)
	}
	if _, err := export.ParseFormat("xml"); !errors.As(err, &invalid) || invalid.Faults[0].Allowed != "csv, jsonl, parquet, log" {
		t.Errorf("another format: %v", err)
	}
	row := mustTable(t, e, "telemetry")[1]
	if x := row[slices.Index(mustTable(t, e, "telemetry")[0], "x")]; x != "" {
		t.Errorf("without a course a car is at x %q", x)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := e.Table(ctx, "telemetry", export.CSV, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("an export with a cancelled context: %v", err)
	}
}

func TestREADME_ListsTheColumns(t *testing.T) {
	const begin, end = "<!-- columns -->\n", "<!-- end of columns -->\n"
	var list strings.Builder
	for _, name := range export.Tables() {
		columns, about, err := export.Columns(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&list, "\n### %s\n%s.\n\n| column | type | unit | |\n|---|---|---|---|\n", name, strings.ToUpper(about[:1])+about[1:])
		for _, c := range columns {
			optional := ""
			if c.Optional {
				optional = "?"
			}
			fmt.Fprintf(&list, "| `%s` | %v%s | %s | %s |\n", c.Name, c.Type, optional, c.Unit, c.About)
		}
	}
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(data), begin)
	got, tail, found := strings.Cut(rest, end)
	if !found {
		t.Fatal("README.md has no place for the columns")
	}
	if want := list.String() + "\n"; got != want {
		if *update {
			if err := os.WriteFile("README.md", []byte(head+begin+want+end+tail), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		t.Errorf("README.md lists other columns (-update rewrites it): %s", cmp.Diff(want, got))
	}
}

func TestInstant_IsTheStartSignalPlusTheRaceTime(t *testing.T) {
	if got := time.Unix(0, startedAt).UTC().Format(time.RFC3339Nano); got != "2026-11-18T11:06:40.123456Z" {
		t.Error(got)
	}
}
