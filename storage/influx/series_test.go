package influx_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
	"lightsout/storage/influx"
	"lightsout/transport/login"
)

func TestFeed_ThinsOnlyTelemetry(t *testing.T) {
	s, m := shared(t), newMemory()
	c := &course{id: race.ID(newID("thin")), cars: 4, laps: 3, lapTime: 3 * race.Second, startAt: time.Now().Add(-time.Hour)}
	c.run(m)
	cfg := s.config()
	cfg.Every = 5
	own := *c
	own.id, own.every = race.ID(newID("own")), 3
	own.run(m)
	f := newFeed(t, cfg, m)
	defer f.Close()
	defer drive(f)()
	fed(t, m, 30*time.Second)
	want := expected(m, c.id)
	want["telemetry"] = c.ticks() / 5 * c.cars
	same(t, "every fifth frame", s.counts(t, c.id), want)
	want["telemetry"] = c.ticks() / 3 * c.cars
	same(t, "every third frame, as the race is configured", s.counts(t, own.id), want)
}

// external appends a race of real cars before its start signal, with an unknown transponder.
func external(m *memory, c *course) {
	info := c.head(race.External)
	m.add(c.id, info[:len(info)-1], nil)
}

func (c *course) passing(car race.CarIdx, line int, at race.Micros, decoder string, n uint64, transponder string) race.Record {
	return race.Record{Time: at, RecordedAt: c.startAt.UnixNano() + int64(at)*1000, Body: race.Passing{
		Car: car, Line: line, Source: &race.Source{Decoder: decoder, Session: "s", Sequence: n, Transponder: transponder},
	}}
}

func TestFeed_DeletesOldPointsWhenTheLogIsCorrected(t *testing.T) {
	s := shared(t)
	s.newBucket(t) // an erasure takes longer the more a bucket holds: a second at 400 MB
	for _, live := range []bool{true, false} {
		t.Run(fmt.Sprintf("live=%v", live), func(t *testing.T) {
			m := newMemory()
			c := &course{id: race.ID(newID("corrected")), cars: 3, laps: 6, lapTime: 20 * race.Second, startAt: time.Now().Add(-time.Hour)}
			cfg := s.config()
			cfg.FlushAfter = time.Millisecond
			f := newFeed(t, cfg, m)
			defer f.Close()
			defer drive(f)()
			step := func(records ...race.Record) {
				m.add(c.id, records, nil)
				if live { // each step is written before the next one is reported
					fed(t, m, 10*time.Second)
				}
			}
			external(m, c)
			// Before the start signal, in the log: one in race time, one by date.
			const after = 90 * race.Second
			step(c.passing(0, 1, 6*race.Second, "main", 1, ""))
			step(c.passing(1, 1, race.PreStartZero+after+6*race.Second+race.Second/3, "main", 2, ""))
			step(race.Record{RecordedAt: c.startAt.UnixNano(), Body: race.Started{After: after}})
			n := uint64(10)
			var passings []race.Seq
			for lap := race.Micros(1); lap <= 5; lap++ {
				for car := range race.CarIdx(3) {
					for line, part := range []race.Micros{20, 6, 12} {
						at := (lap-1)*20*race.Second + part*race.Second + race.Micros(car)*race.Second/3
						if line == 0 && car == 2 && lap == 2 || line == 1 && lap == 1 && car < 2 {
							continue // missed, or reported above
						}
						n++
						decoder := "main"
						if car == 0 && line == 0 && (lap == 2 || lap == 5) { // between these two, correcting one leaves laps unchanged
							decoder = "aux"
						}
						step(c.passing(car, line, at, decoder, n, fmt.Sprint("T", car)))
						passings = append(passings, race.Seq(len(m.of(c.id).records)))
					}
				}
			}
			ruling := func(b race.Body) {
				step(race.Record{Time: 90 * race.Second, RecordedAt: c.startAt.UnixNano(), Author: "M", Body: b})
			}
			stray := c.passing(race.NoCar, 0, 61*race.Second, "main", 500, "X9")
			step(stray)
			ruling(race.Corrected{Kind: race.CorrectInsert, Car: 2, Line: 0, At: 41 * race.Second, Reason: "missed"})
			inserted := race.Seq(len(m.of(c.id).records))
			ruling(race.Corrected{Kind: race.CorrectMove, Passing: passings[3], Car: 2, Reason: "another car's"})
			ruling(race.Corrected{Kind: race.CorrectReject, Passing: passings[len(passings)-3], Reason: "on the grass"})
			ruling(race.TransponderAssigned{Transponder: "X9", Car: 1, Reason: "changed"})
			ruling(race.DecoderSet{Decoder: "main", Offset: 250 * race.Millisecond, Reason: "its clock is behind"})
			ruling(race.Undone{Of: inserted, Reason: "in error"})
			step(c.passing(1, 0, 19*race.Second, "backup", 1, "")) // late
			ruling(race.DecoderSet{Decoder: "aux", Offset: 100 * race.Millisecond, Reason: "its clock is behind"})
			fed(t, m, 20*time.Second)

			want := expected(m, c.id)
			want["passings"]++ // the passing that was inserted and then rejected is a point, too
			same(t, "corrected", s.counts(t, c.id), want)
			sameLaps(t, s, m, c)
			sameTower(t, s, m, c.id)
			if len(m.deadLetters) > 0 {
				t.Errorf("dead letters: %v", m.deadLetters)
			}
		})
	}
}

// sameLaps compares the laps of a race in InfluxDB with a fold of the log from its beginning.
func sameLaps(t *testing.T, s *server, m *memory, c *course) {
	t.Helper()
	want := map[string]string{}
	firsts := map[int]int64{}
	for _, l := range finalLaps(m, c.id) {
		if first, some := firsts[l.Number]; !some || l.EndMS < first {
			firsts[l.Number] = l.EndMS
		}
	}
	for _, l := range finalLaps(m, c.id) {
		at := c.startAt.Add(time.Duration(l.EndMS) * time.Millisecond).UTC().Format(time.RFC3339Nano)
		want[fmt.Sprintf("%d at %s", l.Car+1, at)] = fmt.Sprint(l.Number, " ", l.DurationMS, " ", l.Position, " ", l.EndMS-firsts[l.Number])
	}
	got := map[string]string{}
	for _, r := range s.ask(t, fmt.Sprintf(`from(bucket: %q) |> range(start: 0, stop: 2100-01-01T00:00:00Z)
		|> filter(fn: (r) => r._measurement == "laps" and r.race == %q
			and (r._field == "lap_number" or r._field == "lap_duration_ms" or r._field == "position" or r._field == "gap_ms"))
		|> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")`, s.bucket, string(c.id))) {
		got[r["driver_number"]+" at "+r["_time"]] = r["lap_number"] + " " + r["lap_duration_ms"] + " " + r["position"] + " " + r["gap_ms"]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("laps (-want +got):\n%s", diff)
	}
}

// A sample carries the lap of its instant, whether it is in the log before the passing that ended the lap before or after, and also when the
// passing is corrected, and when the process ends in between.
func TestFeed_MarksSamplesOfRealCarsWithTheirLap(t *testing.T) {
	s := shared(t)
	s.newBucket(t)
	for _, live := range []bool{true, false} {
		t.Run(fmt.Sprintf("live=%v", live), func(t *testing.T) {
			m := newMemory()
			c := &course{id: race.ID(newID("sampled")), cars: 2, laps: 9, lapTime: 20 * race.Second, startAt: time.Now().Add(-time.Hour)}
			cfg := s.config()
			cfg.FlushAfter = time.Millisecond
			f := newFeed(t, cfg, m)
			stop := drive(f)
			step := func(records ...race.Record) {
				m.add(c.id, records, nil)
				if live {
					fed(t, m, 10*time.Second)
				}
			}
			external(m, c)
			step(race.Record{RecordedAt: c.startAt.UnixNano(), Body: race.Started{}})
			for lap := race.Micros(1); lap <= 4; lap++ {
				for car := range race.CarIdx(2) {
					for at := (lap-1)*20*race.Second + 500*race.Millisecond; at < (lap*20+4)*race.Second; at += race.Second {
						m.tell(c.id, race.Sample{Car: car, Time: at, SpeedDKMH: int(at / race.Second), RPM: race.Unknown, Gear: race.Unknown, Throttle: race.Unknown, Brake: race.Unknown, DRS: race.Unknown, XDM: race.Unknown, YDM: race.Unknown})
					}
					if live {
						fed(t, m, 10*time.Second)
					}
					step(c.passing(car, 0, lap*20*race.Second+race.Micros(car)*race.Second/3, "main", uint64(10*int(lap)+int(car)), fmt.Sprint("T", car)))
				}
				if lap == 2 && live {
					stop()
					f.Close()
					f = newFeed(t, cfg, m)
					stop = drive(f)
				}
			}
			passings := race.Seq(len(m.of(c.id).records))
			ruling := func(b race.Body) {
				step(race.Record{Time: 90 * race.Second, RecordedAt: c.startAt.UnixNano(), Author: "M", Body: b})
			}
			ruling(race.Corrected{Kind: race.CorrectReject, Passing: passings - 3, Reason: "on the grass"}) // the end of lap 3 of the first car
			ruling(race.DecoderSet{Decoder: "main", Offset: 1250 * race.Millisecond, Reason: "its clock is behind"})
			fed(t, m, 20*time.Second)
			stop()
			f.Close()

			want, got := map[string]string{}, map[string]string{}
			all := finalLaps(m, c.id)
			for i := range m.of(c.id).samples {
				sample, lap := &m.of(c.id).samples[i], 1
				for _, l := range all {
					if l.Car == sample.Car && race.Micros(l.EndMS)*race.Millisecond <= sample.Time {
						lap = max(lap, l.Number+1)
					}
				}
				want[fmt.Sprint(sample.Car+1, " at ", c.startAt.Add(time.Duration(sample.Time)*time.Microsecond).UTC().Format(time.RFC3339Nano))] = fmt.Sprint(lap)
			}
			for _, r := range s.ask(t, fmt.Sprintf(`from(bucket: %q) |> range(start: 0, stop: 2100-01-01T00:00:00Z)
				|> filter(fn: (r) => r._measurement == "telemetry" and r.race == %q and r._field == "lap_number")`, s.bucket, string(c.id))) {
				got[r["driver_number"]+" at "+r["_time"]] = r["_value"]
			}
			if diff := cmp.Diff(want, got); diff != "" || len(all) != 7 {
				t.Errorf("%d laps; laps of samples (-want +got):\n%s", len(all), diff)
			}
		})
	}
}

func TestHistory_ReturnsTracesWithoutRounding(t *testing.T) {
	s, m := shared(t), newMemory()
	sim := &course{id: race.ID(newID("trace")), cars: 3, laps: 3, lapTime: 5 * race.Second, startAt: time.Now().Add(-time.Hour).Truncate(0).Add(123)}
	sim.run(m)
	real := &course{id: race.ID(newID("real")), cars: 2, laps: 3, startAt: time.Now().Add(-time.Hour)}
	external(m, real)
	m.tell(real.id, race.Sample{Car: 1, Time: 500, SpeedDKMH: 1003, RPM: 4000, Gear: 2, Throttle: 50, Brake: 0, DRS: 8, XDM: -1234, YDM: 77})
	m.add(real.id, []race.Record{{RecordedAt: real.startAt.UnixNano(), Body: race.Started{}}}, nil)
	no := race.Unknown
	m.tell(real.id,
		race.Sample{Car: 1, Time: 2_000_001, SpeedDKMH: no, RPM: 9000, Gear: no, Throttle: no, Brake: no, DRS: no, XDM: no, YDM: no},
		race.Sample{Car: 1, Time: 1_000_000, SpeedDKMH: 2500, RPM: no, Gear: 7, Throttle: 100, Brake: 0, DRS: 14, XDM: 5, YDM: -5})
	m.tell(real.id, race.Sample{Car: 1, Time: 2_000_001, SpeedDKMH: no, RPM: 9100, Gear: 0, Throttle: no, Brake: no, DRS: no, XDM: no, YDM: no})
	f := newFeed(t, s.config(), m)
	defer f.Close()
	defer drive(f)()
	fed(t, m, 30*time.Second)
	h, err := influx.NewHistory(s.config(), m)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()

	query := race.TraceQuery{Race: sim.id, Car: 2, From: 2 * race.Second, To: 7 * race.Second}
	compare(t, h, query, simTrace(m, query))
	query.Channels = []race.Channel{race.ChannelRPM, race.ChannelX, race.ChannelLap}
	compare(t, h, query, simTrace(m, query))
	query.Channels = []race.Channel{race.ChannelX}
	compare(t, h, query, simTrace(m, query))

	want := &race.Trace{Car: 1, Time: []race.Micros{500, 1_000_000, 2_000_001}}
	want.Values = [race.ChannelCount][]int32{
		race.ChannelSpeed: {1003, 2500, race.Unknown}, race.ChannelRPM: {4000, race.Unknown, 9100}, race.ChannelGear: {2, 7, 0},
		race.ChannelThrottle: {50, 100, race.Unknown}, race.ChannelBrake: {0, 0, race.Unknown}, race.ChannelDRS: {8, 14, race.Unknown},
		race.ChannelX: {-1234, 5, race.Unknown}, race.ChannelY: {77, -5, race.Unknown},
	}
	query = race.TraceQuery{Race: real.id, Car: 1, From: 0, To: race.TimeMax}
	compare(t, h, query, want)
	query.Channels = []race.Channel{race.ChannelSpeed}
	compare(t, h, query, &race.Trace{Car: 1, Time: want.Time, Values: [race.ChannelCount][]int32{race.ChannelSpeed: want.Values[race.ChannelSpeed]}})
	if _, err := h.Trace(context.Background(), race.TraceQuery{Race: "nobody", Car: 1}); err == nil {
		t.Error("an unknown race has a trace")
	}
}

func compare(t *testing.T, h *influx.History, q race.TraceQuery, want *race.Trace) {
	t.Helper()
	got, err := h.Trace(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("trace of %v (-want +got):\n%s", q, diff)
	}
}

// simTrace computes the expected trace from the frames.
func simTrace(m *memory, q race.TraceQuery) *race.Trace {
	t := &race.Trace{Car: q.Car}
	asked := map[race.Channel]bool{}
	for _, c := range q.Channels {
		asked[c] = true
	}
	for _, f := range m.races[q.Race].frames {
		if f.Time < q.From || f.Time > q.To {
			continue
		}
		t.Time = append(t.Time, f.Time)
		i := int(q.Car)
		for c, v := range [...]int32{
			int32(f.SpeedDKMH[i]), int32(f.RPM50[i]) * 50, int32(f.GearDRS[i] & 15), int32(f.Throttle[i]), int32(f.Brake[i]),
			int32(f.GearDRS[i] >> 4), int32(f.Lap[i]), int32(f.LapFraction[i]),
		} {
			if len(q.Channels) == 0 || asked[race.Channel(c)] {
				t.Values[c] = append(t.Values[c], v)
			}
		}
	}
	return t
}

func TestSeries_AreExactlyThoseListedInSeriesMD(t *testing.T) {
	s, m := shared(t), newMemory()
	s.newBucket(t)
	c := &course{id: race.ID(newID("list")), cars: 3, laps: 3, lapTime: 5 * race.Second, startAt: time.Now().Add(-time.Hour)}
	c.run(m)
	r := &course{id: race.ID(newID("list")), cars: 3, laps: 3, startAt: time.Now().Add(-time.Hour)}
	external(m, r)
	m.add(r.id, []race.Record{{RecordedAt: r.startAt.UnixNano(), Body: race.Started{}}, r.passing(0, 1, race.Second, "d", 1, "T")}, nil)
	trap := r.passing(0, 2, 2*race.Second, "d", 2, "T")
	passing := trap.Body.(race.Passing)
	passing.SpeedKMH = 300
	trap.Body = passing
	m.add(r.id, []race.Record{trap}, nil)
	cfg := s.config()
	cfg.EngineEvery, cfg.Instance = 20*time.Millisecond, "one, of two"
	f := newFeed(t, cfg, m)
	defer f.Close()
	defer drive(f)()
	f.Annotate(influx.DrillPhase{Race: c.id, Name: "half the field", Phase: "on"})
	f.Watch(look{})
	fed(t, m, 30*time.Second)
	var rows []map[string]string
	for end := time.Now().Add(10 * time.Second); len(rows) < 2; time.Sleep(20 * time.Millisecond) {
		rows = s.ask(t, fmt.Sprintf(`from(bucket: %q) |> range(start: -1h) |> filter(fn: (r) => r._measurement == "engine" and (r._field == "phase" or r._field == "alive")) |> last()`, s.bucket))
		if time.Now().After(end) {
			t.Fatalf("the engine series is missing: %v", rows)
		}
	}
	got := map[string]bool{}
	for _, r := range s.ask(t, fmt.Sprintf(`from(bucket: %q) |> range(start: 0, stop: 2100-01-01T00:00:00Z) |> last() |> map(fn: (r) => ({r with _value: string(v: r._value)}))`, s.bucket)) {
		got[r["_measurement"]+" field "+r["_field"]] = true
		for name, v := range r {
			if v != "" && !strings.HasPrefix(name, "_") && name != "result" && name != "table" && name != "" {
				got[r["_measurement"]+" tag "+name] = true
			}
		}
	}
	if diff := cmp.Diff(listed(t), got); diff != "" {
		t.Errorf("SERIES.md and the server (-listed +written):\n%s", diff)
	}
}

func TestSeries_OfThreeHundredKartsAreAtMost1500(t *testing.T) {
	s, m := shared(t), newMemory()
	s.newBucket(t)
	c := &course{id: race.ID(newID("karts")), cars: 300, laps: 3, lapTime: 10 * race.Second, startAt: time.Now().Add(-time.Hour), every: 50}
	c.run(m)
	f := newFeed(t, s.config(), m)
	defer f.Close()
	defer drive(f)()
	fed(t, m, time.Minute)
	series := map[string]int{}
	seen := map[string]bool{}
	for _, r := range s.ask(t, fmt.Sprintf(`from(bucket: %q) |> range(start: 0, stop: 2100-01-01T00:00:00Z)
		|> last() |> map(fn: (r) => ({r with _value: string(v: r._value)}))`, s.bucket)) {
		key := fmt.Sprintf("%s,%s,%s,%s", r["_measurement"], r["driver_number"], r["kind"], r["race"])
		if !seen[key] {
			seen[key] = true
			series[r["_measurement"]]++
		}
	}
	want := map[string]int{"telemetry": 300, "laps": 300, "passings": 300, "positions": 300, "races": 1, "tower": 1, "events": series["events"]}
	if diff := cmp.Diff(want, series); diff != "" || len(seen) > 1500 || series["events"] == 0 {
		t.Errorf("%d series (-want +got):\n%s", len(seen), diff)
	}
}

type look struct{}

func (look) Engine() influx.Engine {
	return influx.Engine{Actors: []influx.Actors{{Kind: "car", Alive: 3, Restarts: 1}}, Commits: 2, DurableMean: time.Millisecond}
}

// listed returns the series, tags and fields in the tables of SERIES.md.
func listed(t *testing.T) map[string]bool {
	t.Helper()
	data, err := os.ReadFile("SERIES.md")
	if err != nil {
		t.Fatal(err)
	}
	out, series := map[string]bool{}, ""
	title, row := regexp.MustCompile("^## `(\\w+)`"), regexp.MustCompile("^\\| `(\\w+)` \\| (tag|field)")
	for _, line := range strings.Split(string(data), "\n") {
		if found := title.FindStringSubmatch(line); found != nil {
			series = found[1]
		}
		if found := row.FindStringSubmatch(line); found != nil {
			out[series+" "+found[2]+" "+found[1]] = true
		}
	}
	return out
}

func TestSecret_IsNeverPrinted(t *testing.T) {
	cfg := influx.DefaultConfig()
	cfg.Token = "s3cret"
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("config", slog.Any("cfg", cfg.Token), slog.Any("all", struct{ Token login.Secret }{cfg.Token}))
	fmt.Fprintf(&out, "%v %s %q %x %+v %#v", cfg.Token, cfg.Token, cfg.Token, cfg.Token, cfg.Token, struct{ T login.Secret }{cfg.Token})
	if text := out.String(); strings.Contains(text, "s3cret") || strings.Contains(text, fmt.Sprintf("%x", "s3cret")) {
		t.Errorf("printed: %s", text)
	}
}
