package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"lightsout/storage/grafana"
)

// boardQuery is a query of a board as Grafana would send it.
type boardQuery struct{ board, panel, flux string }

// queriesOf finds every query of a board: of its panels, its variables, its marks.
func queriesOf(t *testing.T, b grafana.Board) (out []boardQuery) {
	t.Helper()
	type asked struct{ Query string }
	var d struct {
		Panels []struct {
			Title   string
			Targets []asked
		}
		Templating struct {
			List []struct {
				Name  string
				Query asked
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
	for _, p := range d.Panels {
		for _, q := range p.Targets {
			out = append(out, boardQuery{b.Name, p.Title, q.Query})
		}
	}
	for _, v := range d.Templating.List {
		out = append(out, boardQuery{b.Name, "variable " + v.Name, v.Query.Query})
	}
	for _, a := range d.Annotations.List {
		out = append(out, boardQuery{b.Name, "mark " + a.Name, a.Target.Query})
	}
	return out
}

// TestGrafana_EveryQueryOfEveryBoardAnswers races on a real server that feeds a real InfluxDB, with a drill and a spectator, and
// asks what the boards ask.
func TestGrafana_EveryQueryOfEveryBoardAnswers(t *testing.T) {
	f := influxOf(t)
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db"), args: f.args()}
	p.start()
	defer p.end(syscall.SIGTERM)
	id, _ := p.post("/api/v1/races", `{"circuit":"meridian","cars":12,"laps":4,"seed":11,"speed":15,"start":false}`)["id"].(string)
	p.post("/api/v1/races/"+id+"/drills", `{"faults":[{"kill":"car","share":0.3,"every":"5s"},{"kill":"timekeeper","every":"20s"}]}`)
	p.post("/api/v1/races/"+id+"/start", "")
	watch := &watching{t: t, url: strings.Replace(p.url, "http", "ws", 1) + "/live/" + id}
	watch.follow()
	var classified struct {
		Classification []struct {
			Number int `json:"driver_number"`
		}
	}
	p.get("/api/v1/races/"+id+"/classification", &classified)
	car := strconv.Itoa(classified.Classification[0].Number)
	p.awaitFeed()
	var queries []boardQuery
	boards, err := grafana.Boards()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range boards {
		queries = append(queries, queriesOf(t, b)...)
	}
	if len(queries) < 45 {
		t.Fatalf("%d queries in all boards", len(queries))
	}
	fill := strings.NewReplacer("${race}", id, "${car}", car, "${cars:regex}", ".*", "${lap}", "2")
	head := fmt.Sprintf("option v = {timeRangeStart: -1h, timeRangeStop: 2h, windowPeriod: 5s, defaultBucket: %q, organization: %q}\n",
		f.Influx.Bucket, f.Influx.Org)
	for _, q := range queries {
		t.Run(q.board+"/"+q.panel, func(t *testing.T) {
			flux := fill.Replace(q.flux)
			imports, body := "", flux
			if strings.HasPrefix(flux, "import ") { // an option stands after the imports
				imports, body, _ = strings.Cut(flux, "\n")
			}
			n, err := f.rows(imports + "\n" + head + body)
			if err != nil || n == 0 {
				t.Errorf("%d rows, %v\n%s", n, err, flux)
			}
			t.Logf("%d rows", n)
		})
	}
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

// rows asks InfluxDB and counts the rows of the answer.
func (f *influxServer) rows(flux string) (int, error) {
	req, err := http.NewRequest(http.MethodPost, f.Influx.URL+"/api/v2/query?org="+f.Influx.Org, strings.NewReader(flux))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Token "+os.Getenv("INFLUX_TOKEN"))
	req.Header.Set("Content-Type", "application/vnd.flux")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(res.Body)
		return 0, fmt.Errorf("%s: %s", res.Status, text)
	}
	r := csv.NewReader(res.Body)
	r.FieldsPerRecord = -1
	all, err := r.ReadAll()
	rows := 0
	for _, line := range all { // a table begins with its header, whose third column is called table
		if len(line) > 2 && line[2] != "table" {
			rows++
			if line[1] == "error" || strings.Contains(line[1], "error") {
				return 0, fmt.Errorf("%v", line)
			}
		}
	}
	return rows, err
}
