package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"lightsout/race"
	"lightsout/race/timing"
	"lightsout/storage/sqlite"
)

// boardTruth is a race as the store has it, from which what boards have to show follows.
type boardTruth struct {
	id                 race.ID
	info               race.Race
	entries            []race.Entry
	board              race.Board
	tower              []map[string]string
	drawn              []race.CarIdx // by charts: the first twenty of the tower
	laps               []race.Lap
	events             []race.Event
	announced, started int64 // UTC nanoseconds; started is 0 before the signal
	clock              race.Micros
	places             []moment // of all cars
	trap               map[race.CarIdx]int
	samples            map[race.CarIdx][]race.Sample // as they are in InfluxDB
}

// moment is a value of a car at a time.
type moment struct {
	car   race.CarIdx
	at    int64
	value string
}

func mustTruth(t *testing.T, store *sqlite.Store, id race.ID) *boardTruth {
	t.Helper()
	w := &boardTruth{id: id, trap: map[race.CarIdx]int{}, samples: map[race.CarIdx][]race.Sample{}}
	records, err := store.Records(t.Context(), id, 0, 10_000_000)
	laps, err2 := store.Laps(t.Context(), id, race.NoCar)
	events, err3 := store.Events(t.Context(), id)
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	w.laps, w.events = laps, events
	w.fold(records)
	w.drawn = w.board.Order[:min(20, len(w.board.Order))]
	every := race.Tick(max(1, w.info.TelemetryEvery))
	err = store.Frames(t.Context(), id, 0, 1<<40, func(f *race.Frame) error {
		for i := 0; i < f.Cars() && f.Tick%every == 0; i++ {
			car := f.First + race.CarIdx(i)
			w.samples[car] = append(w.samples[car], race.Sample{
				Car: car, Time: f.Time, SpeedDKMH: int(f.SpeedDKMH[i]), RPM: int(f.RPM50[i]) * 50, Throttle: int(f.Throttle[i]), Brake: int(f.Brake[i]),
				Gear: int(f.GearDRS[i] &^ race.DRSOpen), DRS: int(f.GearDRS[i] & race.DRSOpen / race.DRSOpen), XDM: race.Unknown, YDM: race.Unknown,
			})
		}
		return nil
	})
	samples, err2 := store.Samples(t.Context(), id, race.NoCar, 0, race.TimeMax, 1_000_000)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	for _, one := range samples {
		w.samples[one.Car] = append(w.samples[one.Car], one)
	}
	return w
}

// fold applies the log, and keeps each change of a place with its time.
func (w *boardTruth) fold(records []race.Record) {
	state, places := timing.New(), map[race.CarIdx]int{}
	for i := range records {
		r := &records[i]
		facts, _ := state.Apply(r, nil)
		before := w.started
		switch b := r.Body.(type) {
		case race.Announced:
			w.info, w.announced = b.Race, r.RecordedAt
		case race.Started:
			w.started = cmp.Or(w.started, r.RecordedAt)
		case race.Passing:
			w.trap[b.Car] = max(w.trap[b.Car], b.SpeedKMH)
		}
		switch r.Body.(type) {
		case race.Announced, race.Entered, race.Started:
		default:
			w.clock = max(w.clock, r.Time)
		}
		w.board.Apply(&race.Facts{Seq: r.Seq, Facts: facts})
		for i, car := range w.board.Order {
			if w.started != 0 && (places[car] != i+1 || before == 0) {
				w.places = append(w.places, moment{car, w.at(w.clock), strconv.Itoa(-i - 1)})
			}
			places[car] = i + 1
		}
	}
	w.entries = state.Entries()
	w.tower = towerOf(&w.board, w.entries)
}

func (w *boardTruth) at(t race.Micros) int64 { return w.started + int64(t)*1000 }

// writtenTime is 1:25.432 or 27.183.
func writtenTime(ms int64, minutes bool) string {
	switch {
	case ms <= 0:
		return ""
	case minutes:
		return fmt.Sprintf("%d:%02d.%03d", ms/60_000, ms/1000%60, ms%1000)
	}
	return fmt.Sprintf("%d.%03d", ms/1000, ms%1000)
}

// towerOf is the timing tower as the board has to show it.
func towerOf(board *race.Board, entries []race.Entry) (rows []map[string]string) {
	behind := func(ms int64, laps int) string {
		switch {
		case laps == 1:
			return "+1 lap"
		case laps > 1:
			return fmt.Sprintf("+%d laps", laps)
		case ms <= 0:
			return ""
		}
		return "+" + writtenTime(ms, ms >= 60_000)
	}
	for place, car := range board.Order {
		r, e := board.Rows[car], entries[car]
		row := map[string]string{
			"Place": strconv.Itoa(place + 1), "Car": e.Code, "No": strconv.Itoa(e.Number), "Name": e.Name, "Team": e.Team, "Laps": strconv.Itoa(r.Laps),
			"Gap": behind(r.GapMS, r.GapLaps), "Interval": behind(r.IntervalMS, r.IntervalLaps),
			"Last": writtenTime(r.LastMS, true), "Best": writtenTime(r.BestMS, true),
			"S1": writtenTime(r.SectorsMS[0], false), "S2": writtenTime(r.SectorsMS[1], false), "S3": writtenTime(r.SectorsMS[2], false),
			"Tyre": r.Tyre.String(), "Age": strconv.Itoa(r.TyreAgeLaps), "Stops": strconv.Itoa(r.Stops), "State": r.State.String(),
		}
		if place == 0 {
			row["Gap"], row["Interval"] = "", ""
		}
		rows = append(rows, row)
	}
	return rows
}

// only are rows with some of their columns.
func only(rows []map[string]string, columns ...string) (out []map[string]string) {
	for _, row := range rows {
		kept := map[string]string{}
		for _, c := range columns {
			if v, some := row[c]; some {
				kept[c] = v
			}
		}
		out = append(out, kept)
	}
	return out
}

// line counts the points of a chart by driver number, time and value.
type line map[string]int

func (w *boardTruth) add(l line, m moment) {
	l[fmt.Sprintf("%d %d %s", w.entries[m.car].Number, m.at, m.value)]++
}

// chart is what a panel over time draws.
func chart(t *testing.T, v *viewer, title string) line {
	t.Helper()
	out := line{}
	for _, row := range v.panel("race", title) {
		out[fmt.Sprintf("%s %d %s", row["driver_number"], nanosOf(t, row), row["_value"])]++
	}
	return out
}

// nanosOf is the time of a row, in UTC nanoseconds.
func nanosOf(t *testing.T, row map[string]string) int64 {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, row["_time"])
	if err != nil {
		t.Fatal(err)
	}
	return at.UnixNano()
}

// within are the moments of drawn cars in the range.
func (w *boardTruth) within(v *viewer, all []moment) line {
	out := line{}
	for _, m := range all {
		if slices.Contains(w.drawn, m.car) && m.at >= v.start.UnixNano() && m.at < v.stop.UnixNano() {
			w.add(out, m)
		}
	}
	return out
}

// carried are those in the range, the newest before it at its beginning, and the newest at its end or where the race is now.
func (w *boardTruth) carried(v *viewer, all []moment) line {
	all = latest(all)
	out, start, stop := w.within(v, all), v.start.UnixNano(), v.stop.UnixNano()
	end := min(max(w.at(w.clock)/1_000_000*1_000_000, start), stop)
	for _, car := range w.drawn {
		var before, last *moment
		for i := range all {
			m := &all[i]
			if m.car != car {
				continue
			}
			if m.at < start && (before == nil || m.at >= before.at) {
				before = m
			}
			if m.at < stop && (last == nil || m.at >= last.at) {
				last = m
			}
		}
		if before != nil {
			w.add(out, moment{car, start, before.value})
		}
		if last != nil {
			w.add(out, moment{car, end, last.value})
		}
	}
	return out
}

// latest leaves one point of a car at a time, as InfluxDB does.
func latest(all []moment) []moment {
	type key struct {
		car race.CarIdx
		at  int64
	}
	last := map[key]moment{}
	for _, m := range all {
		last[key{m.car, m.at}] = m
	}
	return slices.Collect(maps.Values(last))
}

// ofLaps are a moment for each lap, at its end.
func (w *boardTruth) ofLaps(value func(l *race.Lap) string) (out []moment) {
	for i := range w.laps {
		l := &w.laps[i]
		out = append(out, moment{l.Car, w.at(race.Micros(l.EndMS * 1000)), value(l)})
	}
	return out
}

// speeds are the means of windows, which begin at multiples of their length.
func (w *boardTruth) speeds(v *viewer) map[string]string {
	every := max(1, v.stop.Sub(v.start).Milliseconds()/int64(v.find("race", "Speeds").most)) * 1_000_000
	out := map[string]string{}
	for _, car := range w.drawn {
		sums, counts := map[int64]float64{}, map[int64]int{}
		for _, s := range w.samples[car] {
			if at := w.at(s.Time); at >= v.start.UnixNano() && at < v.stop.UnixNano() && s.SpeedDKMH != race.Unknown {
				window := min(at/every*every+every, v.stop.UnixNano())
				sums[window] += float64(s.SpeedDKMH) / 10
				counts[window]++
			}
		}
		for window, sum := range sums {
			out[fmt.Sprint(w.entries[car].Number, " ", window)] = fmt.Sprintf("%.6f", sum/float64(counts[window]))
		}
	}
	return out
}

// rounded is a number with six digits after the point.
func rounded(t *testing.T, text string) string {
	t.Helper()
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%.6f", f)
}

// checks reports where the store and what is shown differ.
func (w *boardTruth) checks(t *testing.T, of string) func(what string, want, got any) {
	return func(what string, want, got any) {
		t.Helper()
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s, %s: %s (-store +board):\n%.1500s", w.id, of, what, diff)
		}
	}
}

// compareRace compares the board of a race with the store.
func (w *boardTruth) compareRace(t *testing.T, v *viewer, name string) {
	t.Helper()
	check := w.checks(t, name)
	got := v.panel("race", "Timing tower")
	check("the tower", w.tower, only(got, slices.Collect(maps.Keys(w.tower[0]))...))
	w.compareNow(t, v, check)
	firsts := map[int]int64{}
	for _, l := range w.laps {
		if first, some := firsts[l.Number]; !some || l.EndMS < first {
			firsts[l.Number] = l.EndMS
		}
	}
	gaps := func(l *race.Lap) string { return fmt.Sprint(l.EndMS - firsts[l.Number]) }
	check("positions", w.carried(v, w.places), chart(t, v, "Positions"))
	check("gaps", w.within(v, w.ofLaps(gaps)), chart(t, v, "Gap to the leader"))
	check("lap times", w.within(v, w.ofLaps(func(l *race.Lap) string { return fmt.Sprint(l.DurationMS) })), chart(t, v, "Lap times"))
	check("tyres", w.carried(v, w.ofLaps(func(l *race.Lap) string { return l.Tyre.String() })), chart(t, v, "Tyres"))
	speeds := map[string]string{}
	for _, row := range v.panel("race", "Speeds") {
		speeds[fmt.Sprint(row["driver_number"], " ", nanosOf(t, row))] = rounded(t, row["_value"])
	}
	check("speeds", w.speeds(v), speeds)
	check("the speed trap", w.trapped(), counted(v.panel("race", "Speed trap"), "Car", "Speed"))
	check("best sectors", w.bestSectors(), counted(v.panel("race", "Best sectors"), "Car", "S1", "S2", "S3", "Ideal"))
	check("what happened", w.happened(), only(v.panel("race", "What happened"), "Time", "Lap", "Car", "What", "Note"))
	w.compareFlags(t, v, check)
}

// compareNow compares the line of numbers, and the note that says why charts are empty.
func (w *boardTruth) compareNow(t *testing.T, v *viewer, check func(what string, want, got any)) {
	t.Helper()
	now := map[string]string{"Leader": w.tower[0]["Car"], "Fastest": "", "By": ""}
	running, laps, best := 0, 0, int64(0)
	for _, car := range w.board.Order {
		r := w.board.Rows[car]
		if r.State.String() == "running" || r.State.String() == "pit" {
			running++
		}
		laps = max(laps, r.Laps)
		if r.BestMS > 0 && (best == 0 || r.BestMS < best) {
			best, now["Fastest"], now["By"] = r.BestMS, writtenTime(r.BestMS, true), w.entries[car].Code
		}
	}
	now["Running"] = strconv.Itoa(running)
	check("now", []map[string]string{now}, only(v.panel("race", "Now"), "Leader", "Running", "Fastest", "By"))
	check("now", []map[string]string{{"Lap": strconv.Itoa(laps), "Flag": strconv.Itoa(int(w.board.Session.Flag))}}, only(v.panel("race", "Now'"), "Lap", "Flag"))
	note := ""
	switch {
	case w.started == 0:
		note = "has not begun"
	case w.started > v.stop.UnixNano():
		note = "begins after the range that is shown: click its name"
	case w.at(w.clock) < v.start.UnixNano():
		note = "ended before the range that is shown: click its name"
	case len(w.samples) == 0:
		note = "has no telemetry: speeds and laps by distance are empty"
	}
	check("this race", []map[string]string{{"id": string(w.id), "Status": w.board.Session.Status.String(), "Cars": strconv.Itoa(len(w.entries)), "Note": note}},
		only(v.panel("race", "This race"), "id", "Status", "Cars", "Note"))
}

func (w *boardTruth) compareFlags(t *testing.T, v *viewer, check func(what string, want, got any)) {
	var flags []moment
	for _, e := range w.events {
		if e.Kind == race.EventFlag || e.Kind == race.EventStart {
			flags = append(flags, moment{w.board.Order[0], w.eventAt(&e), fmt.Sprint(e.Value)})
		}
	}
	want, got := map[string]int{}, map[string]int{}
	for key, n := range w.carried(v, flags) {
		var car, at, value string
		fmt.Sscan(key, &car, &at, &value)
		want[at+" "+value] += n
	}
	for _, row := range v.panel("race", "Flags") {
		got[fmt.Sprint(nanosOf(t, row), " ", row["_value"])]++
	}
	check("flags", want, got)
}

func (w *boardTruth) eventAt(e *race.Event) int64 {
	return w.at(race.Micros(e.TimeMS*1000)) + int64(e.Of%1000)*1000 + int64(e.Kind)
}

// happened are the newest sixty events, in the codes of the board's words.
func (w *boardTruth) happened() (rows []map[string]string) {
	events := slices.Clone(w.events)
	slices.SortFunc(events, func(a, b race.Event) int { return cmp.Compare(w.eventAt(&b), w.eventAt(&a)) })
	for _, e := range events[:min(60, len(events))] {
		row := map[string]string{"Time": time.Unix(0, w.eventAt(&e)).UTC().Format(time.RFC3339Nano), "Lap": strconv.Itoa(e.Lap), "Car": "–", "What": e.Kind.String(), "Note": e.Text}
		if e.Car >= 0 && int(e.Car) < len(w.entries) {
			row["Car"] = w.entries[e.Car].Code
		}
		switch e.Kind {
		case race.EventFlag:
			row["What"] = fmt.Sprint("flag ", e.Value)
		case race.EventFastestLap:
			row["What"] = "Fastest lap " + writtenTime(e.Value, true)
		case race.EventTyres:
			row["What"], row["Note"] = "New tyres: "+e.Text, ""
		case race.EventPenalty:
			row["What"] = "Penalty " + writtenTime(e.Value, false)
		}
		rows = append(rows, row)
	}
	return rows
}

// counted counts rows by some of their columns.
func counted(rows []map[string]string, columns ...string) map[string]int {
	out := map[string]int{}
	for _, row := range rows {
		key := ""
		for _, c := range columns {
			key += row[c] + " "
		}
		out[key]++
	}
	return out
}

func (w *boardTruth) trapped() map[string]int {
	out := map[string]int{}
	for _, car := range w.drawn {
		if speed := w.trap[car]; speed > 0 {
			out[fmt.Sprintf("%s %d ", w.entries[car].Code, speed)]++
		}
	}
	return out
}

func (w *boardTruth) bestSectors() map[string]int {
	out := map[string]int{}
	for _, car := range w.drawn {
		var best [3]int64
		for _, l := range w.laps {
			for i, ms := range l.SectorsMS {
				if l.Car == car && ms > 0 && (best[i] == 0 || ms < best[i]) {
					best[i] = ms
				}
			}
		}
		ideal := best[0] + best[1] + best[2]
		if best[0] == 0 || best[1] == 0 || best[2] == 0 {
			ideal = 0
		}
		if best != [3]int64{} {
			out[fmt.Sprintf("%s %v %v %v %d ", w.entries[car].Code, seconds(best[0]), seconds(best[1]), seconds(best[2]), ideal)]++
		}
	}
	return out
}

func seconds(ms int64) float64 { return float64(ms) / 1000 }

// compareCar compares the board of a car, on a lap of the leader and the same of the next car, with the store.
func (w *boardTruth) compareCar(t *testing.T, v *viewer, lap int) {
	t.Helper()
	check := w.checks(t, "a car")
	for i, suffix := range []string{"", "2"} {
		car := w.board.Order[i]
		number := strconv.Itoa(w.entries[car].Number)
		v.vars["car"+suffix], v.vars["lap"+suffix] = number, strconv.Itoa(lap)
		ended, from, to := 0, w.announced, int64(math.MaxInt64)
		var times, table []map[string]string
		for _, l := range w.laps {
			if l.Car != car {
				continue
			}
			ended = max(ended, l.Number)
			if end := w.at(race.Micros(l.EndMS * 1000)); l.Number == lap-1 {
				from = end
			} else if l.Number == lap {
				to = end
			}
			times = append(times, map[string]string{"lap": strconv.Itoa(l.Number), "car " + number: fmt.Sprint(l.DurationMS)})
			table = append(table, lapRow(&l))
		}
		slices.Reverse(table)
		if w.board.Rows[car].State.String() != "finished" {
			ended++
		}
		choices := v.variable("car", "lap"+suffix)
		if len(choices) != ended || choices[0] != strconv.Itoa(ended) || choices[ended-1] != "1" {
			t.Errorf("%s: laps of car %s to choose from are %v, it has driven %d", w.id, number, choices, ended)
		}
		v.vars["from"+suffix], v.vars["to"+suffix] = v.variable("car", "from"+suffix)[0], v.variable("car", "to"+suffix)[0]
		var on []race.Sample
		for _, s := range w.samples[car] {
			if at := w.at(s.Time); at >= from && at < to {
				on = append(on, s)
			}
		}
		again := map[string]string{"": "", "2": "'"}[suffix]
		w.compareLap(t, v, again, fmt.Sprintf("car %s, lap %d", number, lap), on, check)
		check("lap times", times, only(v.panel("car", "Lap times"+again), "lap", "car "+number))
		if suffix == "" {
			check("laps", table, only(v.panel("car", "Laps"), slices.Collect(maps.Keys(lapRow(&race.Lap{})))...))
			row := w.tower[0]
			check("now", []map[string]string{{
				"Place": row["Place"], "Driver": row["Name"], "Gap": row["Gap"], "Last": row["Last"], "Best": row["Best"],
				"Stops": row["Stops"], "State": row["State"],
			}}, only(v.panel("car", "Now"), "Place", "Driver", "Gap", "Last", "Best", "Stops", "State"))
		}
	}
}

// lapRow is a lap in the table of laps.
func lapRow(l *race.Lap) map[string]string {
	row := map[string]string{
		"Lap": strconv.Itoa(l.Number), "Place": strconv.Itoa(l.Position), "Time": fmt.Sprint(l.DurationMS), "Tyre": l.Tyre.String(), "Age": strconv.Itoa(l.TyreAgeLaps),
		"S1": fmt.Sprint(seconds(l.SectorsMS[0])), "S2": fmt.Sprint(seconds(l.SectorsMS[1])), "S3": fmt.Sprint(seconds(l.SectorsMS[2])),
		"Pits": "", "Flag": l.Flag.String(), "Mark": l.Mark.String(),
	}
	switch {
	case l.PitIn:
		row["Pits"] = "in"
	case l.PitOut:
		row["Pits"] = "out"
	}
	if l.Deleted {
		row["Mark"] = "deleted"
	}
	return row
}

// compareLap compares the charts by distance: the speed times the time since the last sample, added up.
func (w *boardTruth) compareLap(t *testing.T, v *viewer, again, label string, on []race.Sample, check func(what string, want, got any)) {
	t.Helper()
	for _, one := range []struct {
		title string
		of    func(s *race.Sample) float64
	}{
		{"Speed over the lap", func(s *race.Sample) float64 { return float64(s.SpeedDKMH) / 10 }}, {"Throttle", func(s *race.Sample) float64 { return float64(s.Throttle) }},
		{"Brake", func(s *race.Sample) float64 { return float64(s.Brake) }}, {"Gear", func(s *race.Sample) float64 { return float64(s.Gear) }},
		{"Engine speed", func(s *race.Sample) float64 { return float64(s.RPM) }}, {"DRS", func(s *race.Sample) float64 { return float64(s.DRS) }},
	} {
		if one.title == "DRS" && again != "" {
			continue
		}
		var want, got []string
		metres := 0.0
		for i := 1; i < len(on); i++ {
			metres += float64(on[i].SpeedDKMH) / 36 * float64(on[i].Time-on[i-1].Time) / 1e6
			want = append(want, fmt.Sprintf("%.6f %.6f", metres, one.of(&on[i])))
		}
		for _, row := range v.panel("car", one.title+again) {
			got = append(got, rounded(t, row["metres"])+" "+rounded(t, row[label]))
		}
		check(one.title, want, got)
	}
	if again != "" {
		return
	}
	var where []map[string]string
	for _, s := range on {
		if s.XDM != race.Unknown {
			where = append(where, map[string]string{"x": fmt.Sprint(float64(s.XDM) / 10), "y": fmt.Sprint(float64(s.YDM) / 10)})
		}
	}
	got := v.panel("car", "Where it was")
	if w.info.Kind == race.Simulation { // a place follows from the circuit, which is not in the store
		if len(got) != len(on) {
			t.Errorf("%s: %d places on a lap with %d samples", w.id, len(got), len(on))
		}
		return
	}
	check("where it was", where, only(got, "x", "y"))
}
