//go:build linux

package gateway_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lightsout/gateway"
	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// kept is a house with its races in a real store.
type kept struct {
	*house
	store *sqlite.Store
}

func (k kept) Roster(ctx context.Context, id race.ID) (*race.Roster, error) {
	return k.store.Roster(ctx, id)
}

// seeder fills a store.
type seeder struct {
	tb    testing.TB
	store *sqlite.Store
	seq   race.Seq
	count uint64
}

func (s *seeder) append(id race.ID, records []race.Record, frame *race.Frame, samples ...race.Sample) {
	s.count++
	for i := range records {
		s.seq++
		records[i].Seq = s.seq
	}
	s.store.Append(&race.Batch{Race: id, Count: s.count, Records: records, Frame: frame, Samples: samples}, func(err error) {
		if err != nil {
			s.tb.Error(err)
		}
	})
}

func (s *seeder) begin(head race.Race) {
	s.seq, s.count = 0, 0
	head.Rules = race.F1(30)
	records := []race.Record{{Body: race.Announced{Race: head}}}
	for car := range head.Cars {
		records = append(records, race.Record{Body: race.Entered{Entry: race.Entry{
			Number: car + 1, Code: fmt.Sprintf("C%04d", car), Name: fmt.Sprintf("Driver of %d", car), Team: "A team", Colour: "ff8000", Grid: car + 1,
			Transponders: []string{fmt.Sprint(7_000_000 + car)},
		}}})
	}
	s.append(head.ID, append(records, race.Record{Body: race.Started{}}), nil)
}

// lap has all cars complete a lap, with three passings each.
func (s *seeder) lap(id race.ID, cars, lap int, decoder string) {
	var records []race.Record
	var facts []race.Fact
	seq := s.seq
	for car := range cars {
		end := int64(lap*90_000 + car*7)
		for line := range 3 {
			p := race.Passing{Car: race.CarIdx(car), Line: line, SpeedKMH: 280}
			if decoder != "" {
				p.Source = &race.Source{Decoder: decoder, Session: "s", Sequence: uint64(seq), Transponder: fmt.Sprint(7_000_000 + car)}
			}
			seq++
			records = append(records, race.Record{Time: race.Micros(end-int64(60-30*line)*1000) * 1000, Body: p})
		}
		facts = append(facts, race.LapCompleted{Lap: race.Lap{
			Car: race.CarIdx(car), Number: lap, DurationMS: 90_123, SectorsMS: [3]int64{30_041, 30_041, 30_041}, EndMS: end, Position: car + 1, TyreAgeLaps: lap,
			Passing: seq,
		}})
		if (car+lap)%10 == 0 {
			facts = append(facts, race.EventHappened{Event: race.Event{Kind: race.EventRetired, Of: seq, Car: race.CarIdx(car), Lap: lap, TimeMS: end, Text: "engine"}})
		}
	}
	s.append(id, records, nil)
	s.store.AppendFacts(id, []race.Facts{{Seq: s.seq, Facts: facts}})
}

func (s *seeder) result(id race.ID, cars, version int) {
	c := race.Classification{Version: version, Status: race.Final, StateHash: "5d41402abc4b2a76"}
	for car := range cars {
		c.Entries = append(c.Entries, race.Classified{
			Position: car + 1, Car: race.CarIdx(car), Laps: 30, DurationMS: 2_700_000 + int64(car*version), GapMS: int64(car * version), BestLapMS: 90_123, BestLap: 3,
		})
	}
	s.append(id, []race.Record{{Body: race.Ended{}}}, nil)
	s.store.AppendFacts(id, []race.Facts{{Seq: s.seq, Facts: []race.Fact{race.ResultPublished{Classification: c}, race.SessionStatusChanged{Session: race.SessionStatus{Status: race.Over, Laps: 30, LeaderLap: 30}}}}})
}

func (s *seeder) drive(id race.ID, cars, ticks int) {
	for n := range ticks {
		f := &race.Frame{Tick: race.Tick(n + 1), Time: race.Micros(n+1) * 100_000}
		for car := range cars {
			f.LapFraction = append(f.LapFraction, uint16((n*73+car*5)%65536))
			f.State = append(f.State, race.Running)
			f.Lap = append(f.Lap, uint16(1+n/900))
			f.SpeedDKMH = append(f.SpeedDKMH, uint16(1000+(n*7+car)%2000))
			f.RPM50 = append(f.RPM50, uint8(100+n%100))
			f.Throttle = append(f.Throttle, uint8(n%100))
			f.Brake = append(f.Brake, uint8(n%7))
			f.GearDRS = append(f.GearDRS, uint8(1+n%8))
		}
		s.append(id, nil, f)
	}
}

// mustKeep serves races of four kinds: big has 1,000 cars and 30 laps, small 20 cars and 57 laps, real 300 cars seen by decoders,
// trace 20 cars with telemetry. 1,000 further races are waiting.
func mustKeep(tb testing.TB) *served {
	tb.Helper()
	store := mustStore(tb)
	return mustServeWith(tb, nil, func(d *gateway.Deps) {
		house, _ := d.Races.(*house)
		d.History, d.Telemetry, d.Ingest = store, store, kept{house, store}
	})
}

func mustStore(tb testing.TB) *sqlite.Store {
	tb.Helper()
	store, err := sqlite.Open(filepath.Join(tb.TempDir(), "x.db"), transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = store.Close() })
	one, err := circuit.Open(circuit.List()[0])
	if err != nil {
		tb.Fatal(err)
	}
	text, err := one.MarshalText()
	if err != nil {
		tb.Fatal(err)
	}
	head := race.Race{Name: "A race", Circuit: circuit.List()[0], CircuitText: string(text), TickHz: 10, Lines: one.Lines}
	s := &seeder{tb: tb, store: store}
	for id, size := range map[race.ID][2]int{"big": {1000, 30}, "small": {20, 57}, "real": {300, 100}} {
		head := head
		head.ID, head.Cars = id, size[0]
		decoder := ""
		if id == "real" {
			head.Kind, decoder = race.External, "loop"
		}
		s.begin(head)
		for lap := range size[1] {
			s.lap(id, head.Cars, lap+1, decoder)
		}
		s.result(id, head.Cars, 1)
		s.result(id, head.Cars, 2)
	}
	head.ID, head.Cars = "trace", 20
	s.begin(head)
	for lap := range 30 {
		s.lap("trace", 20, lap+1, "")
	}
	s.drive("trace", 20, 27_000)
	head.Cars = 2
	for n := range 1000 {
		head.ID = race.ID(fmt.Sprintf("wait-%d", n))
		s.begin(head)
	}
	settled := make(chan error, 1)
	store.Settle(func(err error) { settled <- err })
	if err := <-settled; err != nil {
		tb.Fatal(err)
	}
	return store
}

// costly are queries of these races, ordinary and expensive ones.
func costly() map[string]string {
	of := func(race, what string) string { return `{ race(id: "` + race + `") { ` + what + ` } }` }
	names := func(n int, what string) string { return repeated(n, "a%d: "+what) }
	const lapFields = `driverNumber lapNumber lapDurationMs durationSector1Ms durationSector2Ms durationSector3Ms position compound tyreAge isPitInLap `
	const allLap = lapFields + `lapDuration endMs isPitOutLap flag mark isDeleted passing `
	const classified = `position driverNumber nameAcronym laps status durationMs gapMs gapLaps intervalMs penaltyMs bestLapMs bestLap reason`
	const passing = `seq driverNumber line timeUs inPit speedKmh verdict reason splitUs decoder session sequence transponder`
	const raceFields = `id name kind status circuit cars leaderLap seed tickHz speed createdAt winner `
	out := map[string]string{
		"introspection": introspection,
		"races":         `{ races { ` + raceFields + `} }`,
		"races narrow":  `{ races { id } }`, "races none": `{ races(status: "paused") { id } }`,
		"races wide":          `{ races { ` + repeated(200, "a%d: cars") + ` } }`,
		"races 20 times":      `{ ` + names(20, `races { id }`) + ` }`,
		"races none 60 times": `{ ` + names(60, `races(status: "paused") { id }`) + ` }`,
		"races and laps":      `{ races { id laps { position } } }`, "races and entries": `{ races { id entries { driverNumber } } }`,
		"races and races":       `{ races { id results { version } events { kind } } }`,
		"race 100 times":        `{ ` + names(100, `race(id: "big") { id }`) + ` }`,
		"race many fields":      `{ ` + names(100, `race(id: "big") { cars }`) + ` }`,
		"circuits":              `{ circuits { key name lengthM character } }`,
		"circuits 60 times":     `{ ` + names(60, `circuits { key }`) + ` }`,
		"small laps":            of("small", `laps { `+lapFields+`}`),
		"small everything":      of("small", raceFields+`entries { driverNumber nameAcronym fullName teamName } laps { `+allLap+`} events { kind driverNumber lapNumber timeMs text } classification { final version classification { `+classified+` } }`),
		"small laps 20 times":   of("small", names(20, `laps { `+lapFields+`}`)),
		"small laps narrow 20":  of("small", names(20, `laps { position }`)),
		"small laps narrow 60":  of("small", names(60, `laps { position }`)),
		"small one car":         of("small", names(20, `laps(driverNumber: 1) { lapNumber lapDurationMs position }`)),
		"laps":                  of("big", `laps { `+allLap+`}`),
		"laps narrow":           of("big", `laps { a: position }`),
		"laps named":            of("big", `laps { __typename }`),
		"laps two":              of("big", `laps { lapNumber position }`),
		"laps three":            of("big", `laps { driverNumber lapNumber position }`),
		"laps five":             of("big", `laps { driverNumber lapNumber position lapDurationMs tyreAge }`),
		"laps one lap":          of("big", `laps(fromLap: 3, toLap: 3) { `+allLap+`}`),
		"laps leaders":          of("big", `laps(position: 1) { lapNumber driverNumber }`),
		"no laps":               of("big", `laps(position: 999) { lapNumber driverNumber }`),
		"no laps often":         of("big", names(60, `laps(position: 999) { lapNumber driverNumber }`)),
		"laps fourth":           of("big", `laps(fromLap: 1, toLap: 8) { `+lapFields+`}`),
		"laps one car":          of("big", `laps(driverNumber: 7) { `+allLap+`}`),
		"laps one car often":    of("big", names(60, `laps(driverNumber: 7) { position }`)),
		"laps wide":             of("big", `laps(fromLap: 3, toLap: 5) { `+repeated(200, "a%d: position")+` }`),
		"laps short names":      of("big", `laps(fromLap: 3, toLap: 13) { `+strings.Join(strings.Fields(repeated(26, "a%d:mark")), " ")+` }`),
		"laps booleans":         of("big", `laps(fromLap: 3, toLap: 13) { `+repeated(60, "a%d: isDeleted")+` }`),
		"laps nulls":            of("big", `laps(fromLap: 3, toLap: 5) { `+repeated(100, "a%d: driverNumber @include(if: true)")+` }`),
		"laps fragments":        of("big", `laps(fromLap: 3, toLap: 5) { `+strings.Repeat("...F ", 100)+` }`) + ` fragment F on Laps { position }`,
		"laps nested fragments": of("big", `laps(fromLap: 3, toLap: 13) { `+strings.Repeat("... { position } ", 120)+` }`),
		"laps skipped":          of("big", `laps(fromLap: 3, toLap: 13) { `+strings.Repeat("position @skip(if: true) ", 200)+` }`),
		"laps same":             of("big", `laps(fromLap: 3, toLap: 13) { `+strings.Repeat("position ", 240)+` }`),
		"entries":               of("big", `entries { driverNumber nameAcronym fullName teamName teamColour gridPosition pitLaneStart startOffsetM transponders }`),
		"entries narrow":        of("big", `entries { a: gridPosition }`),
		"entries often":         of("big", names(60, `entries { a: gridPosition }`)),
		"events":                of("big", `events { kind driverNumber lapNumber timeMs value text of }`),
		"events narrow":         of("big", `events { a: value }`),
		"events often":          of("big", names(60, `events { a: value }`)),
		"passings":              of("big", `passings { `+passing+` }`),
		"passings most":         of("big", `passings(limit: 10000) { `+passing+` }`),
		"passings narrow":       of("big", `passings(limit: 10000) { a: line }`),
		"passings often":        of("big", names(60, `passings(limit: 10000) { a: line }`)),
		"passings few often":    of("big", names(60, `passings(limit: 10) { a: line }`)),
		"passings suspect":      of("big", `passings(limit: 10000, verdict: "suspect") { a: line }`),
		"passings estimated":    of("big", names(60, `passings(limit: 10000, verdict: "accepted", after: 80000) { a: line }`)),
		"real passings":         of("real", `passings(limit: 10000) { `+passing+` }`),
		"real passings narrow":  of("real", `passings(limit: 10000) { a: line }`),
		"classification":        of("big", `classification { classification { `+classified+` } }`),
		"classification often":  of("big", names(60, `classification { classification { a: laps } }`)),
		"classification none":   of("big", names(60, `classification { version }`)),
		"results":               of("big", `results { version status seq }`),
		"results often":         of("big", names(60, `results { version }`)),
		"difference":            of("big", `difference(from: 1, to: 2) { changes { driverNumber fields { field from to } } }`),
		"difference often":      of("big", names(60, `difference(from: 1, to: 2) { from }`)),
		"rulings":               of("big", `rulings { seq kind detail }`),
		"rulings often":         of("big", names(60, `rulings { seq }`)),
		"decoders":              of("real", `decoders { decoder passings lagMs driftPpm }`),
		"decoders often":        of("real", names(60, `decoders { decoder }`)),
		"decoders simulated":    of("big", names(60, `decoders { decoder }`)),
		"telemetry":             of("trace", `telemetry(cars: [7], points: 5000) { timeMs speed throttle nGear lapNumber distance x y }`),
		"telemetry ordinary":    of("trace", `telemetry(cars: [7, 9], laps: "3-4", points: 500) { timeMs speed throttle }`),
		"telemetry narrow":      of("trace", `telemetry(cars: [7], points: 5000) { brake }`),
		"telemetry ten cars":    of("trace", `telemetry(cars: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], points: 5000) { timeMs speed }`),
		"telemetry of nothing":  of("trace", `telemetry(cars: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], points: 24) { samples }`),
		"telemetry often":       of("trace", names(60, `telemetry(cars: [7], points: 24) { samples }`)),
		"telemetry lap often":   of("trace", names(60, `telemetry(cars: [7], points: 24, laps: "3") { samples }`)),
		"telemetry dates":       of("trace", `telemetry(cars: [7], points: 5000, channels: ["date", "speed"]) { date speed }`),
		"telemetry everything":  of("trace", `telemetry(cars: [1, 2], points: 5000) { timeMs speed throttle brake rpm nGear drs lapNumber distance x y }`),
		"telemetry three cars":  of("trace", `telemetry(cars: [1, 2, 3], points: 500) { timeMs speed }`),
		"telemetry usual":       of("trace", `telemetry(cars: [1]) { timeMs speed throttle brake rpm nGear drs lapNumber distance x y }`),
		"telemetry six cars":    of("trace", `telemetry(cars: [1, 2, 3, 4, 5, 6], points: 5000, channels: ["speed"]) { speed }`),
		"compare":               of("trace", `compare(a: "7:1", b: "9:1") { distance deltaMs a { timeMs speed throttle nGear } b { speed } }`),
		"compare fine":          of("trace", `compare(a: "7:1", b: "9:1", step: 1) { distance deltaMs a { timeMs speed throttle brake nGear } b { timeMs speed } }`),
		"compare often":         of("trace", names(60, `compare(a: "7:1", b: "9:1", step: 1000) { deltaMs }`)),
		"compare fine often":    of("trace", names(20, `compare(a: "7:1", b: "9:1", step: 1) { lengthM }`)),
	}
	for name, test := range dear() {
		out["dear: "+name] = test[0]
	}
	return out
}

// cpu is the CPU time of the process so far.
func cpu(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkGraphQL_CPU holds queries to their allowance: 50 ms, and 1 s for each 10 MB of the answer. It reports the CPU time of the
// whole process, with the garbage collector and the client, as a share of the allowance: over is above 1.
//
//	go test -run=NONE -bench=GraphQL_CPU -benchtime=10x ./gateway
func BenchmarkGraphQL_CPU(b *testing.B) {
	s := mustKeep(b)
	queries := costly()
	for _, name := range slices.Sorted(maps.Keys(queries)) {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			var answer string
			runtime.GC()
			before := cpu(b)
			for b.Loop() {
				_, answer = s.query(b, queries[name])
			}
			runtime.GC()
			used := (cpu(b) - before) / time.Duration(b.N)
			allowed := 50*time.Millisecond + time.Duration(len(answer))*100
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(used.Microseconds())/1000, "cpu-ms")
			b.ReportMetric(float64(len(answer))/1000, "answer-kB")
			b.ReportMetric(float64(used)/float64(allowed), "of-allowed")
			refused := 0.0
			if strings.Contains(answer, "TOO_MUCH") || strings.Contains(answer, `"status":400`) {
				refused = 1
			}
			b.ReportMetric(refused, "refused")
		})
	}
}
