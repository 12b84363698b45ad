package gateway_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/vmihailenco/msgpack/v5"

	"lightsout/race"
	"lightsout/race/circuit"
)

// external is what was reported to a house.
type external struct {
	reports  []race.Report
	rulings  []race.Record
	opened   []race.Entry
	head     race.Race
	imported []string
	moved    race.Micros
	refusal  error
	circuits []*circuit.Circuit
}

func (h *house) Open(_ context.Context, head race.Race, entries []race.Entry, _ string) (race.Summary, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	head.ID, head.Kind = "opened", race.External
	h.external.head, h.external.opened = head, entries
	s := race.Summary{Race: head}
	h.races = append(h.races, s)
	return s, nil
}

func (h *house) Import(_ context.Context, dir fs.FS, name string) (race.Summary, []string, error) {
	entries, err := fs.ReadFile(dir, "laps.csv")
	h.external.imported = append(h.external.imported, name+":"+string(entries))
	return race.Summary{Race: race.Race{ID: "imported", Kind: race.External}}, []string{"a note"}, err
}

func (h *house) Roster(_ context.Context, id race.ID) (*race.Roster, error) {
	s, err := h.find(id)
	if err != nil {
		return nil, err
	}
	if id == "ext" {
		s.Race.Kind = race.External
	}
	r := race.NewRoster(s, h.entries, 1_795_000_000_000_000_000)
	r.StartMoved = h.external.moved
	return r, nil
}

func (h *house) Ingest(_ context.Context, _ race.ID, in *race.Report) (race.Ingested, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.external.refusal != nil {
		return race.Ingested{}, h.external.refusal
	}
	h.external.reports = append(h.external.reports, *in)
	return race.Ingested{Records: len(in.Records), Samples: len(in.Samples), First: 5, Last: 4 + race.Seq(len(in.Records))}, nil
}

func (h *house) Rule(_ context.Context, _ race.ID, r race.Record) (race.Ruled, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.external.rulings = append(h.external.rulings, r)
	return race.Ruled{Seq: race.Seq(len(h.external.rulings)), At: max(0, r.Time)}, h.external.refusal
}

func (h *house) Stops(context.Context, race.ID) ([]race.Record, error) { return nil, nil }

func (h *house) Rulings(_ context.Context, id race.ID) ([]race.Record, map[race.Seq]string, error) {
	_, err := h.find(id)
	for i := range h.external.rulings {
		h.external.rulings[i].Seq = race.Seq(i + 1)
	}
	return h.external.rulings, map[race.Seq]string{}, err
}

func (h *house) DecoderReports(context.Context, race.ID, func(string, race.Micros, int64)) error {
	return nil
}
func (h *house) Imported(context.Context) ([]*circuit.Circuit, error) {
	return h.external.circuits, nil
}
func (h *house) AddCircuit(_ context.Context, c *circuit.Circuit) error {
	h.external.circuits = append(h.external.circuits, c)
	return nil
}

// mustServeExternal serves a house with an external race.
func mustServeExternal(t *testing.T) *served {
	t.Helper()
	s := mustServe(t, nil)
	s.races = append(s.races, race.Summary{Race: race.Race{
		ID: "ext", Kind: race.External, Name: "Outside", Rules: race.F1(3), Lines: []race.Line{{Kind: race.LineFinish, Sector: 3}, {}},
	}, Status: race.Underway})
	return s
}

const passingsPath = "/api/v1/races/ext/passings"

func TestIngest_KeepsGoodItemsAndNamesTheFaultsOfOthers(t *testing.T) {
	s := mustServeExternal(t)
	code, _, body := s.ask(t, "POST", passingsPath, `{"passings":[
		{"driver_number":7,"time_us":1000000,"decoder":"main","sequence":18446744073709551615},
		{"driver_number":8,"time_us":-604800000001,"line":2,"typo":1},
		{"transponder":"X1","date":"2026-11-18T11:06:41.5Z","line":1},
		{"time_us":1.5},
		"no object",
		{"driver_number":9,"time_us":5,"decoder":"main"},
		{"driver_number":9,"time_us":1e6}]}`)
	if code != http.StatusMultiStatus {
		t.Fatalf("answered %d: %s", code, body)
	}
	var answer struct {
		Accepted, Rejected int
		Errors             []race.Fault
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, e := range answer.Errors {
		said = append(said, fmt.Sprintf("%d %s", *e.Index, e.Field))
	}
	want := []string{"1 driver_number", "1 line", "1 time_us", "1 typo", "3 driver_number", "3 time_us", "4 ", "5 sequence"}
	if answer.Accepted != 3 || answer.Rejected != 4 || !slices.Equal(said, want) {
		t.Errorf("accepted %d, rejected %d, %q", answer.Accepted, answer.Rejected, said)
	}
	at := func(us race.Micros, p race.Passing) race.Record { return race.Record{Time: us, Body: p} }
	if diff := cmp.Diff([]race.Record{
		at(race.Second, race.Passing{Car: 0, Source: &race.Source{Decoder: "main", Sequence: math.MaxUint64}}),
		at(1500*race.Millisecond, race.Passing{Car: race.NoCar, Line: 1, Source: &race.Source{Transponder: "X1"}}),
		at(race.Second, race.Passing{Car: 1}),
	}, s.external.reports[0].Records); diff != "" {
		t.Error(diff)
	}
}

func TestIngest_ReadsJSONAndMsgpackInEachEncodingAlike(t *testing.T) {
	s := mustServeExternal(t)
	item := map[string]any{"driver_number": 7, "time_us": 1_000_000, "speed": 301, "throttle": 99}
	packed := func(v any) []byte {
		data, err := msgpack.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(`{"driver_number":7,"time_us":1000000,"speed":301,"throttle":99}`))
	_ = z.Close()
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, send := range map[string]struct {
		body    []byte
		headers []string
	}{
		"msgpack, one":     {packed(item), []string{"Content-Type", "application/msgpack"}},
		"msgpack, a list":  {packed([]any{item}), []string{"Content-Type", "application/vnd.msgpack"}},
		"gzip":             {zipped.Bytes(), []string{"Content-Encoding", "gzip"}},
		"zstd of msgpack":  {enc.EncodeAll(packed(map[string]any{"samples": []any{item}}), nil), []string{"Content-Encoding", "zstd", "Content-Type", "application/x-msgpack"}},
		"JSON, with names": {[]byte(`{"samples":[{"driver_number":7,"time_us":1000000,"speed":301,"throttle":99}]}`), nil},
	} {
		s.external.reports = nil
		code, _, body := s.ask(t, "POST", "/api/v1/races/ext/telemetry", string(send.body), send.headers...)
		u := race.Unknown
		want := []race.Sample{{Car: 0, Time: race.Second, SpeedDKMH: 3010, Throttle: 99, RPM: u, Gear: u, Brake: u, DRS: u, XDM: u, YDM: u}}
		if code != http.StatusOK || len(s.external.reports) != 1 || !slices.Equal(s.external.reports[0].Samples, want) {
			t.Errorf("%s: answered %d %s, took %+v", name, code, body, s.external.reports)
		}
	}
}

func TestTelemetry_WrongValueCostsTheValueNotTheSample(t *testing.T) {
	s := mustServeExternal(t)
	items := []map[string]any{
		{"driver_number": 7, "time_us": 0, "speed": 123.7, "rpm": 9000.5, "n_gear": 3.0, "throttle": 99.49, "brake": 0.5, "drs": 12, "x": -1.25, "y": 1e3},
		{"driver_number": 7, "time_us": 1, "speed": 1000.1, "rpm": -1, "n_gear": 2.5, "throttle": 101, "brake": true, "drs": "open", "x": 1e7, "y": 3},
		{"driver_number": 7, "time_us": 2, "speed": 1001, "rpm": nil},
		{"driver_number": 7, "time_us": 3},
		{"driver_number": 7, "time_us": 4, "spede": 100, "rpm": 9000},
		{"driver_number": 7, "speed": 100},
		{"driver_number": 7, "time_us": 6, "speed": 0.04, "throttle": 100, "y": nil},
	}
	packed, err := msgpack.Marshal(items)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := json.Marshal(items)
	if err != nil {
		t.Fatal(err)
	}
	u := race.Unknown
	want := []race.Sample{
		{Time: 0, SpeedDKMH: 1237, RPM: 9001, Gear: 3, Throttle: 99, Brake: 1, DRS: 12, XDM: -13, YDM: 10_000},
		{Time: 1, SpeedDKMH: u, RPM: u, Gear: u, Throttle: u, Brake: u, DRS: u, XDM: u, YDM: 30},
		{Time: 4, SpeedDKMH: u, RPM: 9000, Gear: u, Throttle: u, Brake: u, DRS: u, XDM: u, YDM: u},
		{Time: 6, SpeedDKMH: 0, RPM: u, Gear: u, Throttle: 100, Brake: u, DRS: u, XDM: u, YDM: u},
	}
	says := []string{
		"1 speed is 1000.1: a number from 0 to 1000", "1 rpm is -1: a number from 0 to 50000", "1 n_gear is 2.5: a whole number from -1 to 20",
		"1 drs is text: a whole number from 0 to 255", "1 throttle is 101: a number from 0 to 100", "1 brake is a boolean: a number from 0 to 100",
		"1 x is 1e+07: a number from -1000000 to 1000000", "2 speed is 1001: a number from 0 to 1000",
		"2  reports nothing that can be kept: at least one of speed, rpm, n_gear, throttle, brake, drs, x, y",
		"3  reports nothing that can be kept: at least one of speed, rpm, n_gear, throttle, brake, drs, x, y",
		"4 spede is not a known field: driver_number, time_us, date, speed, rpm, n_gear, drs, throttle, brake, x, y",
		"5 time_us is missing: race time in microseconds, or date",
	}
	for kind, body := range map[string][]byte{"application/json": plain, "application/msgpack": packed} {
		s.external.reports = nil
		code, _, text := s.ask(t, "POST", "/api/v1/races/ext/telemetry", string(body), "Content-Type", kind)
		var answer struct {
			Accepted, Rejected int
			Errors             []race.Fault
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, e := range answer.Errors {
			said = append(said, strings.ReplaceAll(fmt.Sprintf("%d %s %s: %s", *e.Index, e.Field, e.Message, e.Allowed), "10000000:", "1e+07:"))
		}
		if diff := cmp.Diff(says, said); code != http.StatusMultiStatus || diff != "" {
			t.Errorf("%s: answered %d %s", kind, code, diff)
		}
		if diff := cmp.Diff(want, s.external.reports[0].Samples); answer.Accepted != 4 || answer.Rejected != 3 || diff != "" {
			t.Errorf("%s: accepted %d, rejected %d %s", kind, answer.Accepted, answer.Rejected, diff)
		}
	}
	if code, _, text := s.ask(t, "POST", "/api/v1/races/ext/telemetry", `{"driver_number":7,"time_us":1,"speed":-3}`); code != 422 || !strings.Contains(text, "from 0 to 1000") {
		t.Errorf("nothing is left of it, and it was answered with %d %s", code, text)
	}
}

func TestPassings_WrongSpeedDoesNotCostThePassing(t *testing.T) {
	s := mustServeExternal(t)
	code, _, body := s.ask(t, "POST", passingsPath, `[{"driver_number":7,"time_us":1,"speed_kmh":9999},{"driver_number":7,"time_us":2,"speed_kmh":301.6}]`)
	if code != http.StatusMultiStatus || !strings.Contains(body, `"field":"speed_kmh","message":"is 9999","allowed":"a number from 0 to 1000"`) {
		t.Errorf("answered %d %s", code, body)
	}
	want := []race.Record{{Time: 1, Body: race.Passing{}}, {Time: 2, Body: race.Passing{SpeedKMH: 302}}}
	if diff := cmp.Diff(want, s.external.reports[0].Records); diff != "" {
		t.Error(diff)
	}
}

func TestIngest_RefusesHostileAndMalformedBodies(t *testing.T) {
	s := mustServeExternal(t)
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	zeros := make([]byte, 1<<20)
	for range 64 {
		_, _ = z.Write(zeros)
	}
	_ = z.Close()
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	frozen := enc.EncodeAll(make([]byte, 64<<20), nil)
	nan, err := msgpack.Marshal(map[string]any{"driver_number": 7, "time_us": math.NaN()})
	if err != nil {
		t.Fatal(err)
	}
	var small bytes.Buffer // as it is sent
	z = gzip.NewWriter(&small)
	if _, err := z.Write([]byte("[" + strings.Repeat("[],", 1_500_000) + "[]]")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	tooMany := "[" + strings.Repeat(`{},`, 20_000) + "{}]"
	msg := []string{"Content-Type", "application/msgpack"}
	for name, test := range map[string]struct {
		body    string
		headers []string
		code    int
		says    string
	}{
		"a gzip bomb":          {bomb.String(), []string{"Content-Encoding", "gzip"}, 413, "unpacks to more than"},
		"a zstd bomb":          {string(frozen), []string{"Content-Encoding", "zstd"}, 413, "unpacks to more than"},
		"many small values":    {small.String(), []string{"Content-Encoding", "gzip"}, 413, "values"},
		"broken gzip":          {bomb.String()[:1000], []string{"Content-Encoding", "gzip"}, 400, "damaged gzip"},
		"no gzip":              {"{}", []string{"Content-Encoding", "gzip"}, 400, "not valid gzip"},
		"broken zstd":          {string(frozen[:20]), []string{"Content-Encoding", "zstd"}, 400, "zstd"},
		"another encoding":     {"{}", []string{"Content-Encoding", "br"}, 415, "gzip, zstd"},
		"nested msgpack":       {strings.Repeat("\x91", 1<<20), msg, 400, "nested deeper"},
		"a huge list":          {"\xdd\xff\xff\xff\xff", msg, 400, "not valid msgpack"},
		"NaN":                  {string(nan), msg, 422, "NaN"},
		"nested JSON":          {strings.Repeat("[", 1<<19), nil, 400, "JSON"},
		"a number beyond all":  {`{"driver_number":7,"time_us":1e999}`, nil, 422, "time_us"},
		"a far future":         {`{"driver_number":7,"time_us":604800000001}`, nil, 422, "604800000000"},
		"a date before":        {`{"driver_number":7,"date":"2020-01-01T00:00:00Z"}`, nil, 422, "date"},
		"two times":            {`{"driver_number":7,"time_us":1,"date":"2026-11-18T11:06:41Z"}`, nil, 422, "one of the two"},
		"too many items":       {tooMany, nil, 413, "20000"},
		"no list":              {`7`, nil, 400, "expected an object"},
		"something after it":   {`{} {}`, nil, 400, "follows"},
		"an unprintable name":  {`{"transponder":"a\u0000b","time_us":1}`, nil, 422, "printed"},
		"another content type": {"x", []string{"Content-Type", "text/plain"}, 415, "application/json"},
		"a long key":           {`{"driver_number":7,"time_us":1}`, []string{"Idempotency-Key", strings.Repeat("k", 101)}, 400, "Idempotency-Key"},
	} {
		code, kind, body := s.ask(t, "POST", passingsPath, test.body, test.headers...)
		if code != test.code || kind != "application/problem+json" || !strings.Contains(body, test.says) {
			t.Errorf("%s: answered %d %s %.300s", name, code, kind, body)
		}
	}
	if len(s.external.reports) > 0 {
		t.Errorf("it took %+v", s.external.reports)
	}
	if code, _, _ := s.ask(t, "POST", "/api/v1/races/r1/passings", `[]`); code != 409 {
		t.Errorf("passings of a simulated race were answered with %d", code)
	}
	if code, _, _ := s.ask(t, "POST", "/api/v1/races/none/passings", `[]`); code != 404 {
		t.Errorf("passings of no race were answered with %d", code)
	}
}

func TestIngest_BusyServerSaysWhenToRetry(t *testing.T) {
	s := mustServeExternal(t)
	s.external.refusal = fmt.Errorf("race ext: %w", race.ErrBusy)
	res, err := http.Post(s.url+passingsPath, "application/json", strings.NewReader(`{"driver_number":7,"time_us":1}`))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 429 || res.Header.Get("Retry-After") == "" {
		t.Errorf("answered %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
	}
	s.external.refusal = fmt.Errorf("key: %w", race.ErrKeyReused)
	if code, _, body := s.ask(t, "POST", passingsPath, `{"driver_number":7,"time_us":1}`); code != 422 || !strings.Contains(body, "used") {
		t.Errorf("answered %d %s", code, body)
	}
}

func TestIngest_PassesTheIdempotencyKeyWithTheHashOfTheBody(t *testing.T) {
	s := mustServeExternal(t)
	send := func(body string) race.Report {
		s.ask(t, "POST", passingsPath, body, "Idempotency-Key", "k1")
		return s.external.reports[len(s.external.reports)-1]
	}
	one, again, other := send(`{"driver_number":7,"time_us":1}`), send(`{"driver_number":7,"time_us":1}`), send(`{"driver_number":7,"time_us":2}`)
	if one.Key != "k1" || one.Hash != again.Hash || one.Hash == other.Hash {
		t.Errorf("got %+v, %+v, %+v", one, again, other)
	}
}

func TestRulings_AreRecordsWithAnAuthorAndAReason(t *testing.T) {
	s := mustServeExternal(t)
	who := `"author":"Race Control","reason":"why"`
	for _, test := range []struct {
		path, body string
		want       race.Body
	}{
		{"flags", `{"flag":"yellow","sector":2,"author":"Race Control"}`, race.FlagShown{Flag: race.FlagYellow, Sector: 2}},
		{"flags", `{"flag":"red","author":"Race Control"}`, race.Suspended{}},
		{"flags", `{"flag":"clear","author":"Race Control"}`, race.Resumed{}},
		{"flags", `{"flag":"clear","author":"Race Control"}`, race.FlagShown{}},
		{"flags", `{"flag":"abandoned","lap":3,"author":"Race Control"}`, race.Abandoned{Lap: 3}},
		{"flags", `{"flag":"start_aborted","author":"Race Control"}`, race.StartAborted{}},
		{"penalties", `{"kind":"time","driver_number":9,"amount_ms":5000,` + who + `}`, race.Penalised{Car: 1, Amount: 5 * race.Second, Reason: "why"}},
		{"penalties", `{"kind":"stop_and_go","driver_number":9,` + who + `}`, race.Penalised{Car: 1, Kind: race.PenaltyStopAndGo, Reason: "why"}},
		{"penalties", `{"kind":"served","driver_number":9,"of":5,` + who + `}`, race.PenaltyServed{Car: 1, Penalty: 5}},
		{"penalties", `{"kind":"lap_deleted","driver_number":9,"lap":2,` + who + `}`, race.LapDeleted{Car: 1, Lap: 2, Reason: "why"}},
		{"penalties", `{"kind":"disqualified","driver_number":7,` + who + `}`, race.CarDisqualified{Reason: "why"}},
		{"corrections", `{"kind":"accept","of":8,` + who + `}`, race.Corrected{Passing: 8, Reason: "why"}},
		{"corrections", `{"kind":"move","of":8,"driver_number":9,` + who + `}`, race.Corrected{Kind: race.CorrectMove, Passing: 8, Car: 1, Reason: "why"}},
		{"corrections", `{"kind":"insert","driver_number":9,"line":1,"at_us":7,` + who + `}`, race.Corrected{Kind: race.CorrectInsert, Car: 1, Line: 1, At: 7, Reason: "why"}},
		{"corrections", `{"kind":"split","driver_number":9,"lap":2,` + who + `}`, race.Corrected{Kind: race.CorrectSplit, Car: 1, Lap: 2, Reason: "why"}},
		{"corrections", `{"kind":"assign","driver_number":9,"transponder":"T",` + who + `}`, race.TransponderAssigned{Transponder: "T", Car: 1, Reason: "why"}},
		{"corrections", `{"kind":"offset","decoder":"main","offset_us":-7,` + who + `}`, race.DecoderSet{Decoder: "main", Offset: -7, Reason: "why"}},
		{"corrections", `{"kind":"undo","of":3,` + who + `}`, race.Undone{Of: 3, Reason: "why"}},
		{"result", `{` + who + `}`, race.ResultDeclared{Reason: "why"}},
	} {
		code, _, body := s.ask(t, "POST", "/api/v1/races/ext/"+test.path, test.body)
		got := s.external.rulings[len(s.external.rulings)-1]
		if code != 201 || got.Author != "Race Control" || got.Body != test.want || got.Time != race.NoTime {
			t.Errorf("%s %s: answered %d %s, recorded %+v", test.path, test.body, code, body, got)
		}
	}
	_, _, body := s.ask(t, "GET", "/api/v1/races/ext/rulings", "")
	for _, want := range []string{`"kind":"red"`, `"detail":"5 s"`, `"detail":"lap 2"`, `"kind":"undo"`, `"undone":true`, `"detail":"decoder main by -0.000 s"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the rulings lack %s: %s", want, body)
		}
	}
}

func TestRulings_GraphQLRecordsWhatRESTRecords(t *testing.T) {
	s := mustServeExternal(t)
	for query, want := range map[string]string{
		`mutation{showFlag(id:"ext",flag:"yellow",sector:2,author:"A"){seq timeUs}}`:                                                                                             `{"showFlag":{"seq":"1","timeUs":0}}`,
		`mutation{penalise(id:"ext",kind:"time",driverNumber:9,amountMs:5000,author:"A",reason:"r"){seq}}`:                                                                       `"seq":`,
		`mutation{correct(id:"ext",kind:"insert",driverNumber:9,atUs:"9007199254740993",author:"A",reason:"r"){seq}}`:                                                            `at_us`,
		`mutation{correct(id:"ext",kind:"insert",driverNumber:9,line:1,atUs:"5000000",timeUs:"7",author:"A",reason:"r"){timeUs}}`:                                                `"timeUs":7`,
		`mutation{declareResult(id:"ext",author:"A"){seq}}`:                                                                                                                      `"seq":`,
		`mutation{penalise(id:"ext",kind:"time",author:"A"){seq}}`:                                                                                                               `"code":"INVALID"`,
		`{race(id:"ext"){rulings{kind detail undone recordedAt} results{version status} difference(from:1,to:1){changes{nameAcronym fields{field from to}}} decoders{decoder}}}`: `"difference":{"changes":[]}`,
	} {
		body, err := json.Marshal(map[string]string{"query": query})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(query, "showFlag") {
			s.external.rulings = nil
		}
		if code, _, got := s.ask(t, "POST", "/graphql", string(body)); code != 200 || !strings.Contains(got, want) {
			t.Errorf("%s: %d %s: %q is missing", query, code, got, want)
		}
	}
}

func TestRulings_RefusalListsAllMissingFields(t *testing.T) {
	s := mustServeExternal(t)
	for path, test := range map[string]struct{ body, says string }{
		"flags":       {`{"flag":"blue","sector":9}`, "author,flag,sector"},
		"penalties":   {`{"kind":"time","driver_number":1}`, "author,driver_number,reason,amount_ms"},
		"corrections": {`{"kind":"move","author":" ","reason":"r"}`, "author,of,driver_number"},
		"result":      {`{}`, "author"},
	} {
		code, _, body := s.ask(t, "POST", "/api/v1/races/ext/"+path, test.body)
		var p struct{ Errors []race.Fault }
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, e := range p.Errors {
			said = append(said, e.Field)
		}
		if code != 422 || strings.Join(said, ",") != test.says {
			t.Errorf("%s: answered %d %q, expected %q", path, code, said, test.says)
		}
	}
	if len(s.external.rulings) > 0 {
		t.Errorf("recorded %+v", s.external.rulings)
	}
}

func TestExternal_RaceIsMadeOfEntriesLinesAndRules(t *testing.T) {
	s := mustServeExternal(t)
	code, _, body := s.ask(t, "POST", "/api/v1/races", `{"kind":"external","name":"Club race","lines":[{"kind":"finish"},{"kind":"sector","sector":1,"permyriad":4000}],
		"rules":{"name":"kart","laps":12,"dead_time_us":1500000},"entries":[{"driver_number":4,"team_colour":"#FF0000","transponders":["A","B"]},{"driver_number":5,"name_acronym":"FIV","grid_position":1}]}`)
	if code != 201 {
		t.Fatalf("answered %d %s", code, body)
	}
	rules := race.Kart(12)
	rules.DeadTime = 1500 * race.Millisecond
	want := race.Race{ID: "opened", Kind: race.External, Name: "Club race", Rules: rules, Lines: []race.Line{
		{Kind: race.LineFinish, Sector: 3}, {Kind: race.LineSector, Sector: 1, Permyriad: 4000},
	}}
	if diff := cmp.Diff(want, s.external.head); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]race.Entry{
		{Number: 4, Code: "4", Colour: "ff0000", Transponders: []string{"A", "B"}}, {Number: 5, Code: "FIV", Colour: "8a8d91", Grid: 1},
	}, s.external.opened); diff != "" {
		t.Error(diff)
	}
	for body, says := range map[string]string{
		`{"kind":"external"}`: "rules",
		`{"kind":"external","name":"x","rules":{"name":"kart"},"entries":[{"driver_number":1}]}`:                                            "laps or a time limit",
		`{"kind":"external","name":"x","rules":{"name":"f1","laps":3,"lapz":1},"entries":[{"driver_number":1}]}`:                            "lapz",
		`{"kind":"external","name":"x","rules":{"laps":3},"entries":[{"driver_number":1},{"driver_number":1}]}`:                             "another entry",
		`{"kind":"external","name":"x","rules":{"laps":3},"entries":[{"driver_number":1,"transponders":["A","A"]}]}`:                        "another entry has",
		`{"kind":"external","name":"x","rules":{"laps":3},"lines":[{"kind":"sector"}],"entries":[{"driver_number":1}]}`:                     "first line",
		`{"kind":"external","name":"x","rules":{"laps":3},"circuit":"none","entries":[{"driver_number":1}]}`:                                "none",
		`{"kind":"external","name":"x","rules":{"laps":3},"circuit":"harbour","lines":[{"kind":"finish"}],"entries":[{"driver_number":1}]}`: "one of the two",
		`{"kind":"maybe"}`: "simulation, external",
	} {
		if code, _, answer := s.ask(t, "POST", "/api/v1/races", body); code != 422 || !strings.Contains(answer, says) {
			t.Errorf("%s: answered %d %s", body, code, answer)
		}
	}
}

func TestImport_ReadsTheFilesOfAFormOrAZipFile(t *testing.T) {
	s := mustServeExternal(t)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	f, _ := w.CreateFormFile("files", "laps.csv")
	_, _ = f.Write([]byte("from a form"))
	_ = w.Close()
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	f, _ = z.Create("a folder/laps.csv")
	_, _ = f.Write([]byte("from a zip file"))
	_ = z.Close()
	code, _, body := s.ask(t, "POST", "/api/v1/races/import?name=One", form.String(), "Content-Type", w.FormDataContentType())
	if code != 201 || !strings.Contains(body, `"notes":["a note"]`) {
		t.Errorf("answered %d %s", code, body)
	}
	if code, _, body := s.ask(t, "POST", "/api/v1/races/import", packed.String(), "Content-Type", "application/zip"); code != 201 {
		t.Errorf("answered %d %s", code, body)
	}
	if want := []string{"One:from a form", ":from a zip file"}; !slices.Equal(s.external.imported, want) {
		t.Errorf("imported %q", s.external.imported)
	}
	zipOf := func(sizes map[string]int) string { // MiB, by name
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		for name, size := range sizes {
			f, _ := z.Create(name)
			for range size {
				_, _ = f.Write(make([]byte, 1<<20))
			}
		}
		_ = z.Close()
		return out.String()
	}
	for body, want := range map[string]int{
		zipOf(map[string]int{"LAPS.CSV": 1, "telemetry.csv": 20}):                    201, // not unpacked
		zipOf(map[string]int{"laps.csv": 20}):                                        413,
		zipOf(map[string]int{"laps.csv": 1, "a/Laps.csv": 1}):                        400,
		zipOf(map[string]int{"laps.csv": 1, "readme.md": 1, "another/readme.md": 1}): 201,
	} {
		if code, _, text := s.ask(t, "POST", "/api/v1/races/import", body, "Content-Type", "application/zip"); code != want {
			t.Errorf("answered %d %s, expected %d", code, text, want)
		}
	}
	if code, _, body := s.ask(t, "POST", "/api/v1/races/import", "no zip", "Content-Type", "application/zip"); code != 400 || !strings.Contains(body, "zip") {
		t.Errorf("answered %d %s", code, body)
	}
}

func TestCircuits_AreImportedAndListed(t *testing.T) {
	s := mustServeExternal(t)
	var square strings.Builder
	square.WriteString("x,y,width\n")
	for i := range 40 {
		side, at := i/10, float64(i%10)*50
		p := [][2]float64{{at, 0}, {500, at}, {500 - at, 500}, {0, 500 - at}}[side]
		fmt.Fprintf(&square, "%v,%v,12\n", p[0], p[1])
	}
	code, _, body := s.ask(t, "POST", "/api/v1/circuits?key=square", square.String(), "Content-Type", "text/csv")
	if code != 201 || !strings.Contains(body, `"key":"square"`) {
		t.Fatalf("answered %d %.300s", code, body)
	}
	if _, _, body := s.ask(t, "GET", "/api/v1/circuits", ""); !strings.Contains(body, `"key":"square"`) {
		t.Errorf("the list is %s", body)
	}
	if code, _, _ := s.ask(t, "GET", "/api/v1/circuits/square", ""); code != 200 {
		t.Errorf("answered %d", code)
	}
	if code, _, body := s.ask(t, "POST", "/api/v1/circuits", "x,y,width\n1,2\n", "Content-Type", "text/csv"); code != 422 || !strings.Contains(body, "errors") {
		t.Errorf("answered %d %s", code, body)
	}
	if code, _, _ := s.ask(t, "POST", "/api/v1/circuits?key="+circuit.List()[0], square.String(), "Content-Type", "text/csv"); code != 409 {
		t.Errorf("a circuit of the house was replaced: %d", code)
	}
}
