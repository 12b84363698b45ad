package influx_test

import (
	"bytes"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"lightsout/race"
	"lightsout/storage/influx"
)

// A round of the benchmark: frames and cars.
const (
	benchCars  = 1000
	benchTicks = 100
)

// BenchmarkFeed_BesideABareLoop compares the Feed, in alternating rounds, with a loop that only posts prepared line protocol
// over as many connections.
func BenchmarkFeed_BesideABareLoop(b *testing.B) {
	s := shared(b)
	for _, plain := range []bool{true, false} {
		b.Run(fmt.Sprintf("gzip=%v", !plain), func(b *testing.B) {
			s.newBucket(b)
			cfg := s.config()
			cfg.Plain, cfg.FlushAfter = plain, 500*time.Millisecond
			if !plain {
				b.Log("the bare loop posts data that was compressed before")
			}
			var bare, fed time.Duration
			points, round := 0, 0
			for b.Loop() {
				b.StopTimer()
				round++
				c := &course{id: race.ID(newID("bare")), cars: benchCars, laps: 1, lapTime: 90 * race.Second, startAt: time.Now().Add(-time.Hour)}
				bodies := ready(b, c, cfg)
				c.id = race.ID(newID("fed"))
				m := newMemory()
				m.add(c.id, c.head(race.Simulation), nil)
				for n := 1; n <= benchTicks; n++ {
					_, f := c.tick(n)
					m.add(c.id, nil, f)
				}
				b.StartTimer()
				if round%2 == 0 { // alternate: the second one pays for the work that the first left to the server
					fed += feed(b, cfg, m)
				}
				bare += post(b, s, bodies, !plain)
				if round%2 == 1 {
					fed += feed(b, cfg, m)
				}
				points += benchCars * benchTicks
			}
			b.ReportMetric(float64(points)/bare.Seconds(), "bare-points/s")
			b.ReportMetric(float64(points)/fed.Seconds(), "feed-points/s")
			b.ReportMetric(bare.Seconds()/fed.Seconds(), "feed/bare")
		})
	}
}

// ready returns a race's telemetry as requests, cut as the Feed cuts it: by shards of cars.
func ready(b *testing.B, c *course, cfg influx.Config) [][][]byte {
	var heads [][]byte
	for _, r := range c.head(race.Simulation) {
		if e, ok := r.Body.(race.Entered); ok {
			heads = append(heads, influx.Head(c.id, &e.Entry))
		}
	}
	at := rules.Locate(nil)
	shards, bodies := make([][][]byte, cfg.Lanes), make([][]byte, cfg.Lanes)
	cut := func(shard int) {
		body := bytes.Clone(bodies[shard])
		if !cfg.Plain {
			body = influx.Zip(b, body)
		}
		shards[shard], bodies[shard] = append(shards[shard], body), bodies[shard][:0]
	}
	for n := 1; n <= benchTicks; n++ {
		_, f := c.tick(n)
		for car := range c.cars {
			shard := car % cfg.Lanes
			bodies[shard] = influx.Encode(bodies[shard], heads[car], f, car, at, c.startAt.UnixNano()+int64(f.Time)*1000)
			if len(bodies[shard]) >= cfg.BatchBytes {
				cut(shard)
			}
		}
	}
	for shard := range shards {
		cut(shard)
	}
	return shards
}

// post runs the bare loop, one goroutine for each shard.
func post(b *testing.B, s *server, shards [][][]byte, gzipped bool) time.Duration {
	begun := time.Now()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: len(shards)}}
	defer client.CloseIdleConnections()
	var wg sync.WaitGroup
	for _, bodies := range shards {
		wg.Go(func() {
			for _, body := range bodies {
				req, err := http.NewRequest(http.MethodPost, s.url+"/api/v2/write?org="+s.org+"&bucket="+s.bucket+"&precision=ns", bytes.NewReader(body))
				if err != nil {
					b.Error(err)
					return
				}
				req.Header.Set("Authorization", "Token "+s.token)
				if gzipped {
					req.Header.Set("Content-Encoding", "gzip")
				}
				res, err := client.Do(req)
				if err != nil || res.StatusCode != http.StatusNoContent {
					b.Error(res, err)
					return
				}
				res.Body.Close()
			}
		})
	}
	wg.Wait()
	return time.Since(begun)
}

// feed runs the Feed until its cursor is at the end of the log.
func feed(b *testing.B, cfg influx.Config, m *memory) time.Duration {
	f := newFeed(b, cfg, m)
	defer f.Close()
	begun := time.Now()
	stop := drive(f)
	fed(b, m, time.Minute)
	took := time.Since(begun)
	stop()
	if n := f.Stats(); n.PointsWritten < benchCars*benchTicks || n.PointsRejected > 0 {
		b.Errorf("%+v", n)
	}
	return took
}

func BenchmarkEncode_APoint(b *testing.B) {
	c := &course{id: "bench", cars: benchCars, laps: 1, lapTime: 90 * race.Second, startAt: time.Now()}
	info := influx.Head(c.id, &race.Entry{Number: 44, Code: "HAM", Team: "Silver Arrows"})
	_, f := c.tick(7)
	at := rules.Locate(nil)
	buf := make([]byte, 0, 1<<20)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		buf = influx.Encode(buf[:0], info, f, n%benchCars, at, 1_700_000_000_000_000_000+int64(n))
		n++
	}
	b.ReportMetric(float64(len(buf)), "bytes/point")
}

func TestEncode_AllocatesNothing(t *testing.T) {
	c := &course{id: "bench", cars: 10, laps: 1, lapTime: 90 * race.Second, startAt: time.Now()}
	info := influx.Head(c.id, &race.Entry{Number: 44, Code: "HAM", Team: "Silver Arrows"})
	_, f := c.tick(7)
	at, buf := rules.Locate(nil), make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(1000, func() { buf = influx.Encode(buf[:0], info, f, 3, at, 1_700_000_000_000_000_000) }); n != 0 {
		t.Errorf("%v allocations for a point", n)
	}
	want := `telemetry,driver_number=44,name_acronym=HAM,race=bench,team_name=Silver\ Arrows speed=98.8,rpm=500i,n_gear=8i,throttle=7i,` +
		`brake=3i,drs=0i,lap_number=1i,lap_fraction=`
	if !bytes.HasPrefix(buf, []byte(want)) {
		t.Errorf("encoded %s", buf)
	}
}
