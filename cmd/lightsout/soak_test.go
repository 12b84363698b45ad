//go:build soak

package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"lightsout/gateway"
)

// soakScenario kills and stalls actors of every kind, for as long as a race lasts.
const soakScenario = `{"name":"soak","seed":%d,"faults":[{"kill":"car","share":0.2,"every":"1s"},
	{"kill":"checkpoint","share":0.3,"every":"2s"},{"kill":"race","every":"7s"},{"kill":"timekeeper","every":"5s"},
	{"kill":"recorder","every":"9s"},{"kill":"publisher","every":"6s"},{"kill":"processor","every":"11s"},
	{"stall":"car","at":"40s","for":"800ms"},{"hits":"lose","chance":0.05}]}`

// TestSoak_MemoryStaysFlat races one race after the other under faults, with a spectator, for SOAK (30 minutes). The least
// memory of each minute is what lives; it may not grow from the first third of the minutes to the last.
func TestSoak_MemoryStaysFlat(t *testing.T) {
	length := 30 * time.Minute
	if s := os.Getenv("SOAK"); s != "" {
		var err error
		if length, err = time.ParseDuration(s); err != nil {
			t.Fatalf("SOAK is %q: expected a duration such as 30m", s)
		}
	}
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db")}
	p.start()
	defer p.end(syscall.SIGTERM)
	var minutes []gauges
	least, began, races := gauges{}, time.Now(), 0
	id, drilled, watched := "", false, make(chan struct{})
	for time.Since(began) < length {
		switch {
		case id == "":
			races++
			id, _ = p.post("/api/v1/races", fmt.Sprintf(`{"circuit":"kartwerk","cars":60,"laps":6,"seed":%d,"speed":20}`, races))["id"].(string)
			p.post("/api/v1/races/"+id+"/drills", fmt.Sprintf(soakScenario, races))
			watched = make(chan struct{})
			go func(id string, over chan struct{}) {
				defer close(over)
				(&watching{t: t, url: strings.Replace(p.url, "http", "ws", 1) + "/live/" + id}).follow()
			}(id, watched)
		case !drilled:
			var list struct{ Drills []gateway.Drill }
			p.get("/api/v1/races/"+id+"/drills", &list)
			if phase := list.Drills[0].Phase; phase == "failed" {
				t.Fatalf("race %d: %s", races, list.Drills[0].Text)
			} else if phase == "passed" {
				drilled = true
			}
		default:
			<-watched
			if code := p.mustDelete("/api/v1/races/" + id); code >= 300 {
				t.Fatalf("race %s is deleted with %d", id, code)
			}
			id, drilled = "", false
		}
		now := p.gauges()
		least = least.least(now)
		if time.Since(began) >= time.Duration(len(minutes)+1)*length/30 {
			minutes = append(minutes, least)
			t.Logf("%2d/30: %d races, heap %.1f MB, resident %.1f MB, %.0f goroutines", len(minutes), races, least.heap/1e6, least.resident/1e6, least.goroutines)
			least = gauges{}
		}
		time.Sleep(250 * time.Millisecond)
	}
	flat(t, minutes)
}

// gauges are what a process takes.
type gauges struct{ heap, resident, goroutines float64 }

func (g gauges) least(o gauges) gauges {
	if g == (gauges{}) {
		return o
	}
	return gauges{min(g.heap, o.heap), min(g.resident, o.resident), min(g.goroutines, o.goroutines)}
}

// flat fails where the last third of the time takes a tenth more than the first, except the very first, while the program warms up.
func flat(t *testing.T, minutes []gauges) {
	t.Helper()
	third := len(minutes) / 3
	if third < 2 {
		t.Fatalf("%d measurements are too few", len(minutes))
	}
	mean := func(of []gauges) (m gauges) {
		for _, g := range of {
			m.heap += g.heap / float64(len(of))
			m.resident += g.resident / float64(len(of))
			m.goroutines += g.goroutines / float64(len(of))
		}
		return m
	}
	early, late := mean(minutes[1:third]), mean(minutes[len(minutes)-third:])
	t.Logf("the first third: %+v, the last third: %+v", early, late)
	for what, pair := range map[string][2]float64{
		"heap": {early.heap, late.heap}, "resident memory": {early.resident, late.resident}, "goroutines": {early.goroutines, late.goroutines},
	} {
		if pair[1] > pair[0]*1.1 {
			t.Errorf("%s grew from %.0f to %.0f", what, pair[0], pair[1])
		}
	}
}

// gauges reads the server's own metrics.
func (p *process) gauges() (g gauges) {
	res, err := http.Get(p.url + "/metrics")
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			continue
		}
		switch name {
		case "go_memstats_heap_alloc_bytes":
			g.heap = v
		case "process_resident_memory_bytes":
			g.resident = v
		case "go_goroutines":
			g.goroutines = v
		}
	}
	if g.heap == 0 || g.goroutines == 0 || g.resident == 0 {
		p.t.Fatal("the metrics have no memory")
	}
	return g
}
