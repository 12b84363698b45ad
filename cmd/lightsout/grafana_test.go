package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lightsout/race"
	"lightsout/storage/grafana"
	"lightsout/storage/influx"
)

// boardQuery is a query of a board as it is in its JSON.
type boardQuery struct {
	board, panel, flux, regex string
	most                      int // points that the panel draws of a series
}

// queriesOf finds every query of a board: of its variables in order, its panels and its marks.
func queriesOf(t testing.TB, b grafana.Board) (variables, panels []boardQuery) {
	t.Helper()
	type asked struct{ Query string }
	var d struct {
		Panels []struct {
			Title         string
			MaxDataPoints int
			Targets       []asked
		}
		Templating struct {
			List []struct {
				Name, Type, Regex string
				Query             json.RawMessage
			}
		}
		Annotations struct {
			List []struct {
				Name   string
				Target asked
			}
		}
	}
	if err := json.Unmarshal(b.JSON, &d); err != nil {
		t.Fatal(err)
	}
	for _, v := range d.Templating.List {
		var q asked
		if v.Type == "query" {
			if err := json.Unmarshal(v.Query, &q); err != nil {
				t.Fatal(err)
			}
		}
		variables = append(variables, boardQuery{b.Name, v.Name, q.Query, v.Regex, 0})
	}
	for _, p := range d.Panels {
		for i, q := range p.Targets {
			panels = append(panels, boardQuery{b.Name, p.Title + strings.Repeat("'", i), q.Query, "", p.MaxDataPoints})
		}
	}
	for _, a := range d.Annotations.List {
		panels = append(panels, boardQuery{b.Name, "mark " + a.Name, a.Target.Query, "", 0})
	}
	return variables, panels
}

// viewer looks at boards as Grafana shows them: it fills in variables from their queries, and the range of time.
type viewer struct {
	*influxServer
	t           testing.TB
	boards      []grafana.Board
	start, stop time.Time
	vars        map[string]string
}

func newViewer(t testing.TB, f *influxServer, raceID string, start, stop time.Time) *viewer {
	t.Helper()
	boards, err := grafana.Boards()
	if err != nil {
		t.Fatal(err)
	}
	v := &viewer{f, t, boards, start, stop, map[string]string{"race": raceID, "page": "http://localhost:8080"}}
	for _, b := range boards {
		variables, _ := queriesOf(t, b)
		for _, one := range variables {
			if _, chosen := v.vars[one.panel]; one.flux == "" || chosen {
				continue
			}
			choices := v.choices(one)
			switch {
			case one.panel == "cars": // all of the choice
				v.vars["cars:regex"] = strings.Join(choices, "|")
			case len(choices) > 0:
				v.vars[one.panel] = choices[0]
			}
		}
	}
	return v
}

// choices are the values of a variable.
func (v *viewer) choices(q boardQuery) (out []string) {
	v.t.Helper()
	var pattern *regexp.Regexp
	if q.regex != "" {
		pattern = regexp.MustCompile(strings.Trim(q.regex, "/"))
	}
	for _, row := range v.ask(q) {
		value := row["_value"]
		if pattern != nil {
			found := pattern.FindStringSubmatch(value)
			if found == nil {
				v.t.Errorf("variable %s: %q does not match %s", q.panel, value, q.regex)
				continue
			}
			value = found[pattern.SubexpIndex("value")]
		}
		out = append(out, value)
	}
	return out
}

// variable are the values from which one of a board is chosen.
func (v *viewer) variable(board, name string) []string { return v.choices(v.find(board, name)) }

// panel is what a panel shows.
func (v *viewer) panel(board, title string) []map[string]string { return v.ask(v.find(board, title)) }

// find finds a query by the name of its variable, panel or mark.
func (v *viewer) find(board, name string) boardQuery {
	v.t.Helper()
	for _, b := range v.boards {
		variables, panels := queriesOf(v.t, b)
		for _, one := range slices.Concat(variables, panels) {
			if b.Name == board && one.panel == name {
				return one
			}
		}
	}
	v.t.Fatalf("board %s has no %s", board, name)
	return boardQuery{}
}

func (v *viewer) ask(q boardQuery) []map[string]string {
	v.t.Helper()
	rows, err := v.answer(v.filled(q))
	if err != nil {
		v.t.Fatalf("%v\n%s", err, v.filled(q))
	}
	return rows
}

// filled is a query as Grafana sends it.
func (v *viewer) filled(q boardQuery) string {
	flux, most := q.flux, q.most
	if most == 0 {
		most = 1000 // the width of a panel
	}
	for name, value := range v.vars {
		flux = strings.ReplaceAll(flux, "${"+name+"}", value)
	}
	head := fmt.Sprintf("option v = {timeRangeStart: %s, timeRangeStop: %s, windowPeriod: %dms, defaultBucket: %q, organization: %q}\n",
		v.start.UTC().Format(time.RFC3339Nano), v.stop.UTC().Format(time.RFC3339Nano), max(1, v.stop.Sub(v.start).Milliseconds()/int64(most)), v.Influx.Bucket, v.Influx.Org)
	imports := ""
	for strings.HasPrefix(flux, "import ") { // an option stands after the imports
		line, rest, _ := strings.Cut(flux, "\n")
		imports, flux = imports+line+"\n", rest
	}
	return imports + head + flux
}

// answer asks InfluxDB.
func (f *influxServer) answer(flux string) (out []map[string]string, err error) {
	req, err := http.NewRequest(http.MethodPost, f.Influx.URL+"/api/v2/query?org="+f.Influx.Org, strings.NewReader(flux))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Token "+os.Getenv("INFLUX_TOKEN"))
	req.Header.Set("Content-Type", "application/vnd.flux")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s %w", res.Status, text, err)
	}
	for _, table := range strings.Split(strings.ReplaceAll(string(text), "\r", ""), "\n\n") {
		lines, err := csv.NewReader(strings.NewReader(table)).ReadAll()
		if err != nil {
			return nil, fmt.Errorf("read the answer: %w\n%s", err, table)
		}
		for i := 1; i < len(lines); i++ {
			row := map[string]string{}
			for j, name := range lines[0] {
				row[name] = lines[i][j]
			}
			if why, is := row["error"]; is {
				return nil, errors.New(why)
			}
			out = append(out, row)
		}
	}
	return out, nil
}

// TestGrafana_BoardsShowWhatTheStoreHas races on a real server that feeds a real InfluxDB, with drills, flags and a spectator, and compares what the boards
// show with the store's own: of a race that ended ahead of now, one in its first lap, one of real cars, one of 300, one that has not begun, one that was
// deleted, in five ranges of time.
func TestGrafana_BoardsShowWhatTheStoreHas(t *testing.T) {
	f := influxOf(t)
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db"), args: f.args()}
	p.start()
	defer p.end(syscall.SIGTERM)
	made := func(order string) race.ID {
		id, _ := p.post("/api/v1/races", order)["id"].(string)
		return race.ID(id)
	}
	ahead := made(`{"circuit":"meridian","cars":12,"laps":4,"seed":11,"speed":20,"start":false,"telemetry_every":5}`)
	p.post(fmt.Sprintf("/api/v1/races/%s/drills", ahead), `{"faults":[{"kill":"car","share":0.3,"every":"5s"},{"kill":"timekeeper","every":"20s"}]}`)
	p.post(fmt.Sprintf("/api/v1/races/%s/start", ahead), "")
	first := made(`{"circuit":"meridian","cars":8,"laps":4,"seed":5,"speed":1,"telemetry_every":5}`)
	many := made(`{"circuit":"kartwerk","cars":300,"laps":2,"seed":3,"speed":0,"telemetry_every":50}`)
	gone := made(`{"circuit":"kartwerk","cars":3,"laps":1,"seed":3,"speed":0}`)
	waiting := made(`{"circuit":"kartwerk","cars":3,"laps":1,"seed":3,"start":false}`)
	external := mustRaceKarts(p)
	silent := race.ID(strings.TrimPrefix(p.external(`{"name":"kart","laps":4}`, `{"driver_number":1}`, ""), "/api/v1/races/"))
	watch := &watching{t: t, url: strings.Replace(p.url, "http", "ws", 1) + "/live/" + string(ahead)}
	watch.follow()
	for _, id := range []race.ID{many, gone} {
		for end := time.Now().Add(patience); p.status(id) != "finished"; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("race %s is %s", id, p.status(id))
			}
		}
	}
	p.post(fmt.Sprintf("/api/v1/races/%s/pause", first), "")
	p.mustDelete(fmt.Sprintf("/api/v1/races/%s", gone))
	p.awaitFeed()
	store, now := mustReadStore(t, p.db), time.Now()
	for end := now.Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if left, err := store.Erasures(t.Context(), influx.FeedName); err == nil && len(left) == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the deleted race is not erased")
		}
	}
	ranges := map[string][2]time.Time{
		"around it": {now.Add(-time.Hour), now.Add(2 * time.Hour)}, "all of a month": {now.Add(-30 * 24 * time.Hour), now.Add(2 * time.Hour)},
		"two minutes of it": {now.Add(-20 * time.Second), now.Add(100 * time.Second)}, "before it": {now.Add(-3 * time.Hour), now.Add(-2 * time.Hour)},
		"after it": {now.Add(3 * time.Hour), now.Add(4 * time.Hour)},
	}
	for id, lap := range map[race.ID]int{ahead: 2, first: 1, many: 2, external: 3, waiting: 1} {
		v := newViewer(t, &f, string(id), now, now)
		w := mustTruth(t, store, id)
		for name, span := range ranges {
			v.start, v.stop = span[0], span[1]
			w.compareRace(t, v, name)
		}
		v.start, v.stop = ranges["around it"][0], ranges["around it"][1]
		w.compareCar(t, v, lap)
		everyQueryAnswers(t, v, w)
	}

	v := newViewer(t, &f, string(external), ranges["around it"][0], ranges["around it"][1])
	listed := map[string]bool{}
	for _, row := range v.panel("races", "Races") {
		listed[row["id"]] = true
	}
	for _, id := range v.variable("race", "race") {
		if !listed[id] {
			t.Errorf("race %s can be chosen, but is not in the list", id)
		}
	}
	if !listed[string(ahead)] || !listed[string(waiting)] || listed[string(gone)] {
		t.Errorf("the list of races has the deleted one, or lacks another: %v", listed)
	}
	spans := v.panel("race", "mark Race control")
	spans = slices.DeleteFunc(spans, func(row map[string]string) bool { return row["text"] == "Start" || row["text"] == "Chequered flag" })
	if len(spans) != 1 || spans[0]["text"] != "Safety car" || between(t, spans[0]["time"], spans[0]["timeEnd"]) != 30*time.Second {
		t.Errorf("the safety car is marked as %v", spans)
	}
	if note := newViewer(t, &f, string(silent), v.start, v.stop).panel("race", "This race"); len(note) != 1 || !strings.Contains(note[0]["Note"], "has no telemetry") {
		t.Errorf("of a race without telemetry the note is %v", note)
	}
	v.vars["race"], v.vars["since"] = string(gone), "1970-01-01T00:00:00Z"
	for _, b := range v.boards {
		_, panels := queriesOf(t, b)
		for _, q := range panels {
			ofRace := (b.Name == "race" || b.Name == "car") && q.panel != "This race" && q.panel != "mark Drills and restarts"
			if rows := v.ask(q); ofRace && len(rows) != 0 {
				t.Errorf("%s, %s: the deleted race has %d rows", b.Name, q.panel, len(rows))
			}
		}
	}
	if note := v.panel("race", "This race"); len(note) != 1 || !strings.Contains(note[0]["Note"], "is not in the bucket") {
		t.Errorf("of a deleted race the note is %v", note)
	}
}

// mustRaceKarts races three real karts, two of which have one acronym, with a safety car; only one has telemetry.
func mustRaceKarts(p *process) race.ID {
	path := p.external(`{"name":"kart","laps":4}`, `{"driver_number":1,"name_acronym":"ANN"},{"driver_number":2,"name_acronym":"ANN"},{"driver_number":31}`, "")
	for lap := 1; lap <= 4; lap++ {
		var samples []string
		for at := lap*60 - 59; at < lap*60; at++ {
			samples = append(samples, fmt.Sprintf(`{"driver_number":1,"time_us":%d,"speed":%d,"rpm":%d,"n_gear":%d,"throttle":%d,"brake":%d,"drs":%d,"x":%d,"y":%d}`,
				at*1_000_000, 80+at%20, 9000+at, at%5, at%100, at%7, at%2, at, -at))
		}
		p.post(path+"/telemetry", "["+strings.Join(samples, ",")+"]")
		p.post(path+"/passings", fmt.Sprintf(`[{"driver_number":1,"time_us":%d},{"driver_number":2,"time_us":%d}]`, lap*60_000_000, lap*61_250_000))
	}
	p.post(path+"/flags", `{"flag":"safety_car","time_us":60000000,"author":"RC"}`)
	p.post(path+"/flags", `{"flag":"clear","time_us":90000000,"author":"RC"}`)
	p.post(path+"/stop", "")
	return race.ID(strings.TrimPrefix(path, "/api/v1/races/"))
}

// everyQueryAnswers asks all that is on any board. A race that is over has something to show in each panel, if it has telemetry, and sectors and
// a speed trap, as simulations do.
func everyQueryAnswers(t *testing.T, v *viewer, w *boardTruth) {
	t.Helper()
	for _, b := range v.boards {
		_, panels := queriesOf(t, b)
		for _, q := range panels {
			rows, err := v.answer(v.filled(q))
			if err != nil {
				t.Errorf("%s: %s, %s: %v\n%s", w.id, q.board, q.panel, err, v.filled(q))
			}
			over := w.board.Session.Status == race.Over && w.info.Kind == race.Simulation
			if len(rows) == 0 && (over || b.Name != "race" && b.Name != "car" || slices.Contains([]string{"This race", "Now", "Now'", "Timing tower"}, q.panel)) {
				t.Errorf("%s: %s, %s is empty\n%s", w.id, q.board, q.panel, v.filled(q))
			}
		}
	}
}

func between(t *testing.T, from, to string) time.Duration {
	t.Helper()
	a, err := time.Parse(time.RFC3339Nano, from)
	b, err2 := time.Parse(time.RFC3339Nano, to)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return b.Sub(a)
}

// status is the status of a race.
func (p *process) status(id race.ID) string {
	p.t.Helper()
	var summary struct{ Status string }
	p.get("/api/v1/races/"+string(id), &summary)
	return summary.Status
}

// awaitFeed waits until all that is durable is in InfluxDB too, and the engine was looked at a few times.
func (p *process) awaitFeed() {
	for until := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		res, err := http.Get(p.url + "/metrics")
		if err != nil {
			p.t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			p.t.Fatal(err)
		}
		lagging := false
		for line := range strings.Lines(string(text)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			if strings.HasPrefix(name, "lightsout_feed_lag_") && value != "0" {
				lagging = true
			}
		}
		if !lagging && strings.Contains(string(text), "lightsout_feed_lag_records") {
			return
		}
		if time.Now().After(until) {
			p.t.Fatalf("the feed lags:\n%.2000s", text)
		}
	}
}
