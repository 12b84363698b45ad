package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"lightsout/race"
)

// BenchmarkGrafana_Boards measures all queries of the boards, one after the other, as Grafana sends them: in sum, the slowest, and the bytes
// of the answers. A race is fed by a real server into a real InfluxDB first. Those of the platform show a quarter of an hour.
func BenchmarkGrafana_Boards(b *testing.B) {
	for _, one := range []struct{ name, order string }{
		{"57 laps of 20 cars", `{"circuit":"harbour","cars":20,"laps":57,"seed":7,"speed":0}`},
		{"20 laps of 300 karts", `{"circuit":"kartwerk","cars":300,"laps":20,"seed":7,"speed":0,"telemetry_every":10}`},
	} {
		b.Run(one.name, func(b *testing.B) {
			if os.Getenv("INFLUX_URL") == "" {
				fmt.Fprintln(os.Stderr, "BenchmarkGrafana_Boards is skipped: no InfluxDB: set INFLUX_URL, INFLUX_ORG, INFLUX_BUCKET and INFLUX_TOKEN")
				b.Skip()
			}
			f := influxOf(b)
			p := &process{t: b, bin: mustBuild(b), db: filepath.Join(b.TempDir(), "races.db"), args: f.args()}
			p.start()
			defer p.end(syscall.SIGTERM)
			id, _ := p.post("/api/v1/races", one.order)["id"].(string)
			for p.status(race.ID(id)) != "finished" {
				time.Sleep(time.Second)
			}
			p.awaitFeed()
			f.awaitCompactions(b)
			now := time.Now()
			v := newViewer(b, &f, id, now.Add(-time.Minute), now.Add(2*time.Hour))
			for _, board := range []string{"race", "car", "races", "engine", "spectators"} {
				if board == "engine" {
					v.start, v.stop = now.Add(-15*time.Minute), now
				}
				var queries, names []string
				for _, one := range v.boards {
					if one.Name == board {
						_, panels := queriesOf(b, one)
						for _, q := range panels {
							queries, names = append(queries, v.filled(q)), append(names, q.panel)
						}
					}
				}
				b.Run(board, func(b *testing.B) {
					var slowest time.Duration
					each, sizes := make([]time.Duration, len(queries)), make([]int, len(queries))
					size := 0
					for b.Loop() {
						size = 0
						for i, q := range queries {
							began := time.Now()
							n, err := f.size(q)
							if err != nil {
								b.Fatal(err)
							}
							size += n
							slowest = max(slowest, time.Since(began))
							each[i] += time.Since(began)
							sizes[i] = n
						}
					}
					if b.N > 1 && testing.Verbose() {
						for i, name := range names {
							fmt.Fprintf(os.Stderr, "%7.1f ms %8d bytes: %s\n", float64(each[i].Microseconds())/1000/float64(b.N), sizes[i], name)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/board")
					b.ReportMetric(float64(slowest.Milliseconds()), "ms/slowest")
					b.ReportMetric(float64(size)/1e6, "MB/board")
					b.ReportMetric(float64(len(queries)), "queries")
				})
			}
		})
	}
}

// awaitCompactions waits until InfluxDB has compacted what it was fed: it takes both processors for that, and a board is looked at for longer.
func (f *influxServer) awaitCompactions(b *testing.B) {
	for idle := 0; idle < 5; idle++ {
		time.Sleep(time.Second)
		_, text := fetch(b, "GET", f.Influx.URL+"/metrics", "")
		for line := range strings.Lines(text) {
			working := strings.HasPrefix(line, "storage_compactions_active{") || strings.HasPrefix(line, "storage_compactions_queued{")
			if working && !strings.HasSuffix(strings.TrimSpace(line), " 0") {
				idle = -1
			}
		}
	}
}

// size asks InfluxDB and counts the bytes of the answer.
func (f *influxServer) size(flux string) (int, error) {
	body, err := json.Marshal(map[string]any{"query": flux, "type": "flux"})
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequest(http.MethodPost, f.Influx.URL+"/api/v2/query?org="+f.Influx.Org, strings.NewReader(string(body)))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Token "+os.Getenv("INFLUX_TOKEN"))
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("InfluxDB answers %s", res.Status)
	}
	return int(n), err
}
