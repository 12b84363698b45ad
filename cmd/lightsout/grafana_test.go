package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
	"lightsout/race/timing"
	"lightsout/storage/grafana"
	"lightsout/storage/influx"
	"lightsout/storage/sqlite"
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

func (v *viewer) variable(board, name string) []string {
	v.t.Helper()
	for _, b := range v.boards {
		variables, _ := queriesOf(v.t, b)
		for _, one := range variables {
			if b.Name == board && one.panel == name {
				return v.choices(one)
			}
		}
	}
	v.t.Fatalf("board %s has no variable %s", board, name)
	return nil
}

// panel is what a panel shows.
func (v *viewer) panel(board, title string) []map[string]string {
	v.t.Helper()
	for _, b := range v.boards {
		_, panels := queriesOf(v.t, b)
		for _, one := range panels {
			if b.Name == board && one.panel == title {
				return v.ask(one)
			}
		}
	}
	v.t.Fatalf("board %s has no panel %s", board, title)
	return nil
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
	if strings.HasPrefix(flux, "import ") { // an option stands after the imports
		imports, flux, _ = strings.Cut(flux, "\n")
	}
	return imports + "\n" + head + flux
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

// tower is the timing tower of a race in the store, as the board has to show it.
func tower(t *testing.T, store *sqlite.Store, id race.ID) (rows []map[string]string, order []race.CarIdx, board race.Board) {
	t.Helper()
	records, err := store.Records(t.Context(), id, 0, 10_000_000)
	if err != nil {
		t.Fatal(err)
	}
	state := timing.New()
	for i := range records {
		facts, _ := state.Apply(&records[i], nil)
		board.Apply(&race.Facts{Seq: records[i].Seq, Facts: facts})
	}
	clock := func(ms int64, minutes bool) string {
		switch {
		case ms <= 0:
			return ""
		case minutes:
			return fmt.Sprintf("%d:%02d.%03d", ms/60_000, ms/1000%60, ms%1000)
		}
		return fmt.Sprintf("%d.%03d", ms/1000, ms%1000)
	}
	behind := func(ms int64, laps int) string {
		switch {
		case laps == 1:
			return "+1 lap"
		case laps > 1:
			return fmt.Sprintf("+%d laps", laps)
		case ms <= 0:
			return ""
		}
		return "+" + clock(ms, ms >= 60_000)
	}
	entries := state.Entries()
	for place, car := range board.Order {
		r, e := board.Rows[car], entries[car]
		row := map[string]string{
			"Place": strconv.Itoa(place + 1), "Car": e.Code, "No": strconv.Itoa(e.Number), "Laps": strconv.Itoa(r.Laps), "Gap": behind(r.GapMS, r.GapLaps),
			"Interval": behind(r.IntervalMS, r.IntervalLaps), "Last": clock(r.LastMS, true), "Best": clock(r.BestMS, true),
			"S1": clock(r.SectorsMS[0], false), "S2": clock(r.SectorsMS[1], false), "S3": clock(r.SectorsMS[2], false),
			"Tyre": r.Tyre.String(), "Age": strconv.Itoa(r.TyreAgeLaps), "Stops": strconv.Itoa(r.Stops), "State": r.State.String(),
		}
		if place == 0 {
			row["Gap"], row["Interval"] = "", ""
		}
		rows = append(rows, row)
	}
	return rows, board.Order, board
}

// compareBoards compares what the race board shows with the store, whatever the range of time is.
func compareBoards(t *testing.T, f *influxServer, store *sqlite.Store, id race.ID, ranges map[string][2]time.Time) {
	t.Helper()
	want, order, board := tower(t, store, id)
	laps, err := store.Laps(t.Context(), id, race.NoCar)
	if err != nil {
		t.Fatal(err)
	}
	best := ""
	for _, r := range want {
		if r["Best"] != "" && (best == "" || len(r["Best"]) < len(best) || len(r["Best"]) == len(best) && r["Best"] < best) {
			best = r["Best"]
		}
	}
	for name, span := range ranges {
		v := newViewer(t, f, string(id), span[0], span[1])
		got := v.panel("race", "Timing tower")
		for _, row := range got {
			for column := range row {
				if _, wanted := want[0][column]; !wanted {
					delete(row, column)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, %s: the tower (-want +got):\n%s", id, name, diff)
		}
		if now := v.panel("race", "Now"); len(now) != 1 || now[0]["Leader"] != want[0]["Car"] || now[0]["Fastest"] != best {
			t.Errorf("%s, %s: now is %v; in the store %q leads, and the fastest lap is %q", id, name, now, want[0]["Car"], best)
		}
		last := map[string]string{}
		for _, row := range v.panel("race", "Positions") {
			last[row["name_acronym"]] = row["_value"]
		}
		for place, car := range order[:min(20, len(order))] {
			if code := want[place]["Car"]; span[1].After(time.Now().Add(time.Hour)) && last[code] != strconv.Itoa(-place-1) {
				t.Errorf("%s, %s: car %d ends on line %q, not on place %d", id, name, car, last[code], place+1)
			}
		}
		outside, drawn := name == "an hour before", min(20, len(order))
		if outside {
			drawn = 0
		}
		if len(last) != drawn {
			t.Errorf("%s, %s: %d cars have a line of places, expected are %d", id, name, len(last), drawn)
		}
		if n := len(v.panel("car", "Laps")); n != len(lapsOf(laps, order[0])) {
			t.Errorf("%s, %s: %d laps of the leader, the store has %d", id, name, n, len(lapsOf(laps, order[0])))
		}
		if name == "around it" {
			compareCharts(t, v, store, id, order, want)
		}
		note := v.panel("race", "This race")
		if len(note) != 1 || note[0]["id"] != string(id) || note[0]["Status"] != board.Session.Status.String() {
			t.Errorf("%s, %s: this race is %v", id, name, note)
		}
		if (note[0]["Note"] != "") != outside {
			t.Errorf("%s, %s: the note is %q", id, name, note[0]["Note"])
		}
	}
}

// compareCharts compares the charts and the other tables, in a range of time that holds the whole race, with the store.
func compareCharts(t *testing.T, v *viewer, store *sqlite.Store, id race.ID, order []race.CarIdx, tower []map[string]string) {
	t.Helper()
	laps, err := store.Laps(t.Context(), id, race.NoCar)
	events, err2 := store.Events(t.Context(), id)
	records, err3 := store.Records(t.Context(), id, 0, 10_000_000)
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	codes := map[race.CarIdx]string{} // of the cars that are drawn
	for place, car := range order[:min(20, len(order))] {
		codes[car] = tower[place]["Car"]
	}
	firsts := map[int]int64{}
	for _, l := range laps {
		if first, some := firsts[l.Number]; !some || l.EndMS < first {
			firsts[l.Number] = l.EndMS
		}
	}
	times, gaps, tyres, sectors := map[string]int{}, map[string]int{}, map[string]string{}, map[string][3]int64{}
	for _, l := range laps {
		code, drawn := codes[l.Car]
		if !drawn {
			continue
		}
		times[fmt.Sprint(code, " ", l.DurationMS)]++
		gaps[fmt.Sprint(code, " ", float64(l.EndMS-firsts[l.Number])/1000)]++
		tyres[code] = l.Tyre.String() // laps are in the order of their numbers
		best := sectors[code]
		for i, ms := range l.SectorsMS {
			if ms > 0 && (best[i] == 0 || ms < best[i]) {
				best[i] = ms
			}
		}
		sectors[code] = best
	}
	drawn := func(title string) map[string]int {
		out := map[string]int{}
		for _, row := range v.panel("race", title) {
			out[row["name_acronym"]+" "+row["_value"]]++
		}
		return out
	}
	shown := map[string]string{}
	for _, row := range v.panel("race", "Tyres") {
		shown[row["name_acronym"]] = row["_value"]
	}
	trap, fastest := map[string]string{}, map[string]int{}
	for _, row := range v.panel("race", "Speed trap") {
		trap[row["Car"]] = row["Speed"]
	}
	for i := range records {
		if b, ok := records[i].Body.(race.Passing); ok && b.SpeedKMH > 0 && codes[b.Car] != "" {
			fastest[codes[b.Car]] = max(fastest[codes[b.Car]], b.SpeedKMH)
		}
	}
	trapped := map[string]string{}
	for code, speed := range fastest {
		trapped[code] = strconv.Itoa(speed)
	}
	best := map[string][3]string{}
	for _, row := range v.panel("race", "Best sectors") {
		best[row["Car"]] = [3]string{row["S1"], row["S2"], row["S3"]}
	}
	bests := map[string][3]string{}
	for code, of := range sectors {
		text := [3]string{}
		for i, ms := range of {
			if ms > 0 {
				text[i] = fmt.Sprintf("%d.%03d", ms/1000, ms%1000)
			}
		}
		if of != [3]int64{} {
			bests[code] = text
		}
	}
	for what, diff := range map[string]string{
		"lap times": cmp.Diff(times, drawn("Lap times")), "gaps": cmp.Diff(gaps, drawn("Gap to the leader")), "tyres": cmp.Diff(tyres, shown),
		"the speed trap": cmp.Diff(trapped, trap), "best sectors": cmp.Diff(bests, best),
	} {
		if diff != "" {
			t.Errorf("%s: %s (-store +board):\n%.1500s", id, what, diff)
		}
	}
	happened := v.panel("race", "What happened")
	if len(happened) != min(60, len(events)) {
		t.Errorf("%s: %d events of %d", id, len(happened), len(events))
	}
	for i := 1; i < len(happened); i++ {
		if happened[i]["Time"] > happened[i-1]["Time"] {
			t.Errorf("%s: what happened at %s is below what happened at %s", id, happened[i]["Time"], happened[i-1]["Time"])
		}
	}
}

func lapsOf(all []race.Lap, car race.CarIdx) (out []race.Lap) {
	for _, l := range all {
		if l.Car == car {
			out = append(out, l)
		}
	}
	return out
}

// TestGrafana_BoardsShowWhatTheStoreHas races on a real server that feeds a real InfluxDB, with drills, flags and a spectator, and compares what the boards
// show with the store's own: of a race that ended ahead of now, one in its first lap, one of real cars, one of 300, in four ranges of time.
func TestGrafana_BoardsShowWhatTheStoreHas(t *testing.T) {
	f := influxOf(t)
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db"), args: f.args()}
	p.start()
	defer p.end(syscall.SIGTERM)
	made := func(order string) race.ID {
		id, _ := p.post("/api/v1/races", order)["id"].(string)
		return race.ID(id)
	}
	ahead := made(`{"circuit":"meridian","cars":12,"laps":4,"seed":11,"speed":15,"start":false,"telemetry_every":5}`)
	p.post(fmt.Sprintf("/api/v1/races/%s/drills", ahead), `{"faults":[{"kill":"car","share":0.3,"every":"5s"},{"kill":"timekeeper","every":"20s"}]}`)
	p.post(fmt.Sprintf("/api/v1/races/%s/start", ahead), "")
	first := made(`{"circuit":"meridian","cars":8,"laps":4,"seed":5,"speed":1,"telemetry_every":5}`)
	many := made(`{"circuit":"kartwerk","cars":300,"laps":2,"seed":3,"speed":0,"telemetry_every":50}`)
	gone := made(`{"circuit":"kartwerk","cars":3,"laps":1,"seed":3,"speed":0}`)
	real := p.external(`{"name":"kart","laps":4}`, `{"driver_number":1},{"driver_number":2},{"driver_number":31}`, "")
	watch := &watching{t: t, url: strings.Replace(p.url, "http", "ws", 1) + "/live/" + string(ahead)}
	for lap := 1; lap <= 4; lap++ {
		var samples []string
		for at := lap*60 - 59; at < lap*60; at++ {
			samples = append(samples, fmt.Sprintf(`{"driver_number":1,"time_us":%d,"speed":%d}`, at*1_000_000, 80+at%20))
		}
		p.post(real+"/telemetry", "["+strings.Join(samples, ",")+"]")
		p.post(real+"/passings", fmt.Sprintf(`[{"driver_number":1,"time_us":%d},{"driver_number":2,"time_us":%d}]`, lap*60_000_000, lap*61_250_000))
	}
	p.post(real+"/flags", `{"flag":"safety_car","time_us":60000000,"author":"RC"}`)
	p.post(real+"/flags", `{"flag":"clear","time_us":90000000,"author":"RC"}`)
	p.post(real+"/stop", "")
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
		"two minutes of it": {now.Add(-20 * time.Second), now.Add(100 * time.Second)}, "an hour before": {now.Add(-3 * time.Hour), now.Add(-2 * time.Hour)},
	}
	external := race.ID(strings.TrimPrefix(real, "/api/v1/races/"))
	for _, id := range []race.ID{ahead, first, many, external} {
		some := maps.Clone(ranges)
		if id == many || id == first {
			delete(some, "all of a month")
		}
		compareBoards(t, &f, store, id, some)
	}

	v := newViewer(t, &f, string(external), ranges["around it"][0], ranges["around it"][1])
	if listed := v.variable("race", "race"); !slices.Contains(listed, string(ahead)) || slices.Contains(listed, string(gone)) {
		t.Errorf("the choice of races has the deleted one, or lacks another: %v", listed)
	}
	spans := v.panel("race", "mark Race control")
	spans = slices.DeleteFunc(spans, func(row map[string]string) bool { return row["text"] == "Start" || row["text"] == "Chequered flag" })
	if len(spans) != 1 || spans[0]["text"] != "Safety car" || between(t, spans[0]["time"], spans[0]["timeEnd"]) != 30*time.Second {
		t.Errorf("the safety car is marked as %v", spans)
	}
	v.vars["car"] = "1"
	v.vars["lap"] = "2"
	v.vars["from"], v.vars["to"] = v.variable("car", "from")[0], v.variable("car", "to")[0]
	if n := len(v.panel("car", "Speed over the lap")); n != 58 {
		t.Errorf("%d points of a lap with 59 samples", n)
	}
	everyQueryAnswers(t, newViewer(t, &f, string(ahead), ranges["around it"][0], ranges["around it"][1]))
}

// mayBeEmpty are queries with nothing to show in a race without flags.
var mayBeEmpty = []string{"Flags"}

// everyQueryAnswers asks all that is on any board.
func everyQueryAnswers(t *testing.T, v *viewer) {
	t.Helper()
	for _, b := range v.boards {
		_, panels := queriesOf(t, b)
		for _, q := range panels {
			rows, err := v.answer(v.filled(q))
			if err != nil || len(rows) == 0 && !slices.Contains(mayBeEmpty, q.panel) {
				t.Errorf("%s, %s: %d rows, %v\n%s", q.board, q.panel, len(rows), err, v.filled(q))
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
