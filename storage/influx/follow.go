package influx

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"

	"lightsout/race"
	"lightsout/race/sabotage"
)

// follower is one race in the Feed: how far it was read, and the state needed to write the next points. All of it follows from
// the log up to the cursor and is recomputed after a restart.
type follower struct {
	id      race.ID
	cursor  race.FeedCursor // of what was read, not of what was acknowledged
	rules   *Rules
	every   int
	resumed bool // an earlier follower may have written samples
	spread  int  // the shard of its first car: races start at different ones

	fold    Fold
	info    race.Race
	entries []race.Entry
	tags    [][]byte // by car
	frames  [][]byte // by car, the start of its telemetry lines
	unknown []byte   // tags of points without a known car
	at      Locate

	announcedAt, startedAt int64 // UTC nanoseconds; 0 means not yet
	clock                  race.Micros
	laps                   [][]race.Lap  // by car, in order
	places                 []int         // by car, as written
	sampled                []race.Micros // by car, the newest sample that may have been written
	early                  []passing     // passings reported before the start signal
	judged                 map[race.Seq]judged
	events                 map[race.EventName]int64 // time at which each was written, in nanoseconds
	firsts                 []int64                  // see firsts.go
	summary                summary
	tower                  tower
	moved                  race.Micros // of the start signal: race time counts from there, but written points stay in place
}

// passing is a passing as reported.
type passing struct {
	seq     race.Seq
	at      race.Micros
	body    race.Passing
	refused string // the reason if the rules refused the record; empty if not
}

// crossing is the place of a passing's point.
type crossing struct {
	car  race.CarIdx
	line int
	at   race.Micros
}

// judged is the last verdict on a passing.
type judged struct {
	crossing
	verdict race.Verdict
	reason  string
}

func newFollower(id race.ID, rules *Rules, every int) *follower {
	h := fnv.New32a()
	h.Write([]byte(id))
	return &follower{
		id: id, rules: rules, every: every, spread: int(h.Sum32() >> 1), fold: rules.Fold(), unknown: unknownCar(nil, id), judged: map[race.Seq]judged{},
		events: map[race.EventName]int64{}, summary: summary{winner: race.NoCar},
	}
}

// apply folds the next record and writes the points that follow; with a nil writer it only updates its state. The caller moves
// the cursor after all points are written. The points do not depend on where a stretch of records ends: the same log gives the
// same lines.
func (f *follower) apply(r *race.Record, w *writer) {
	folded, _ := f.fold.Fold(r, false) // a refused record stays in the log and in the series of passings
	facts := folded.Facts
	switch b := r.Body.(type) {
	case race.Announced:
		f.announce(r, &b.Race)
	case race.Entered:
		f.enter(&b.Entry)
	case race.Started:
		f.start(r, b.After, w)
	case race.Passing:
		f.clock = max(f.clock, r.Time)
		f.pass(r, b, facts, w)
	default:
		f.clock = max(f.clock, r.Time)
	}
	f.follow(r, facts, w)
}

func (f *follower) announce(r *race.Record, info *race.Race) {
	f.info, f.announcedAt = *info, r.RecordedAt
	if info.TelemetryEvery > 0 {
		f.every = info.TelemetryEvery
	}
	if f.rules.Locate != nil && info.Kind == race.Simulation {
		f.at = f.rules.Locate(info)
	}
}

func (f *follower) enter(e *race.Entry) {
	tags := carTags(nil, f.id, e)
	f.entries = append(f.entries, *e)
	f.tags = append(f.tags, tags)
	f.frames = append(f.frames, slices.Concat([]byte("telemetry"), tags, []byte(" ")))
	f.laps, f.places = append(f.laps, nil), append(f.places, 0)
	sampled := race.Micros(math.MinInt64)
	if f.resumed {
		sampled = race.TimeMax // until this follower writes one
	}
	f.sampled = append(f.sampled, sampled)
	f.tower.enter()
}

// start relates race time to the wall clock, and writes the passings that were reported before and have a race time.
func (f *follower) start(r *race.Record, after race.Micros, w *writer) {
	if f.startedAt != 0 {
		return
	}
	f.startedAt = r.RecordedAt
	for i := range f.early {
		p := &f.early[i]
		if p.at.PreStart() {
			p.at = p.at.ToRaceTime(after)
		}
		f.point(p, f.judgement(p), w)
	}
	f.early = nil
	for car, place := range f.places {
		if place > 0 {
			f.place(race.CarIdx(car), place, w)
		}
	}
}

// known reports whether an index is a car's.
func (f *follower) known(car race.CarIdx) bool { return car >= 0 && int(car) < len(f.entries) }

func (f *follower) tagsOf(car race.CarIdx) []byte {
	if f.known(car) {
		return f.tags[car]
	}
	return f.unknown
}

// driver returns the driver number in a car's tags.
func (f *follower) driver(car race.CarIdx) string {
	if f.known(car) {
		return strconv.Itoa(f.entries[car].Number)
	}
	return noDriver
}

// ns returns the wall-clock time of a race time.
func (f *follower) ns(t race.Micros) int64 { return f.startedAt + int64(t)*1000 }

// follow writes the facts of a record.
func (f *follower) follow(r *race.Record, facts []race.Fact, w *writer) {
	var change lapChange
	for _, fact := range facts { // first, because the other facts count from the moved start
		if v, ok := fact.(race.SessionStatusChanged); ok {
			f.moved = v.Session.StartMoved
		}
	}
	for _, fact := range facts {
		switch v := fact.(type) {
		case race.LapCompleted:
			v.Lap.EndMS += f.moved.Millis()
			f.lap(&v.Lap, &change)
		case race.LapsWithdrawn:
			f.withdraw(v.Car, v.Laps, &change)
		case race.PassingJudged:
			f.rejudge(r, &v, w)
		case race.OrderChanged:
			for place, car := range v.Cars {
				if f.known(car) && f.places[car] != v.From+place+1 {
					f.places[car] = v.From + place + 1
					f.place(car, f.places[car], w)
				}
			}
		case race.EventHappened:
			f.event(&v.Event, w)
		case race.EventWithdrawn:
			f.unevent(v.Event, w)
		case race.RowChanged, race.SessionStatusChanged, race.RecordRefused, race.ResultPublished: // written elsewhere, or without a series
		}
	}
	f.regap(&change)
	f.writeLaps(&change, w)
	f.followTower(facts)
	f.summarise(facts, w)
}

func (f *follower) place(car race.CarIdx, place int, w *writer) {
	if w == nil || f.startedAt == 0 {
		return
	}
	b := w.line(f, car)
	b = append(append(append(b, "positions"...), f.tags[car]...), ' ')
	w.done(appendTime(appendInt(b, "position", int64(place)), f.ns(f.clock)))
}

// event writes an event, or rewrites an amended one. Digits below the millisecond hold its record number and kind, so that two
// events of the same instant are two points.
func (f *follower) event(e *race.Event, w *writer) {
	below := int64(e.Of%1000)*1000 + int64(e.Kind)
	at := f.announcedAt + below
	if f.startedAt != 0 {
		at = f.startedAt + (e.TimeMS+f.moved.Millis())*1_000_000 + below
	}
	if was, written := f.events[e.Name()]; written && was != at && w != nil {
		w.eraseEvent(f, e.Name(), was)
	}
	f.events[e.Name()] = at
	if w == nil {
		return
	}
	b := append(w.line(f, e.Car), "events"...)
	if f.known(e.Car) {
		b = append(b, f.tags[e.Car]...)
	} else {
		b = appendTag(b, "race", string(f.id))
	}
	b = append(appendTag(b, "kind", e.Kind.String()), ' ')
	b = appendInt(b, "seq", int64(e.Of))
	b = appendInt(b, "lap_number", int64(e.Lap))
	b = appendInt(b, "value", e.Value)
	b = appendText(b, "text", e.Text)
	w.done(appendTime(b, at))
}

// unevent deletes an event that was withdrawn.
func (f *follower) unevent(name race.EventName, w *writer) {
	at, written := f.events[name]
	if written && w != nil {
		w.eraseEvent(f, name, at)
	}
	delete(f.events, name)
}

// pass writes a passing, once race time is related to the wall clock.
func (f *follower) pass(r *race.Record, b race.Passing, facts []race.Fact, w *writer) {
	p := passing{seq: r.Seq, at: r.Time, body: b}
	for _, fact := range facts {
		switch v := fact.(type) {
		case race.PassingJudged:
			if v.Seq == r.Seq && f.startedAt != 0 {
				return // written by rejudge
			}
		case race.RecordRefused:
			p.refused = v.Reason
		default: // written by follow
		}
	}
	if f.startedAt == 0 {
		if !r.Time.PreStart() || p.refused != "" { // pre-start passings are judged at the start signal
			f.early = append(f.early, p)
		}
		return
	}
	f.point(&p, f.judgement(&p), w)
}

// judgement returns the verdict on a passing; accepted as reported if there is none.
func (f *follower) judgement(p *passing) judged {
	if j, ok := f.judged[p.seq]; ok {
		return j
	}
	return judged{crossing: crossing{p.body.Car, p.body.Line, p.at}}
}

// rejudge rewrites a passing when its verdict changes: its car and time may differ from those written before.
func (f *follower) rejudge(r *race.Record, v *race.PassingJudged, w *writer) {
	now := judged{crossing{v.Car, v.Line, v.Time + f.moved}, v.Verdict, v.Reason}
	b, isPassing := r.Body.(race.Passing)
	p := passing{seq: v.Seq, at: v.Time + f.moved, body: race.Passing{Car: v.Car, Line: v.Line}} // inserted by a marshal, unless:
	was, written := f.judged[v.Seq]
	f.judged[v.Seq] = now
	switch {
	case f.startedAt == 0 && v.Seq == r.Seq && !isPassing:
		f.early = append(f.early, p)
		return
	case f.startedAt == 0 || w == nil:
		return
	case v.Seq == r.Seq && isPassing:
		p = passing{seq: r.Seq, at: r.Time, body: b}
	case v.Seq != r.Seq:
		raw, ok := w.recall(f.id, v.Seq)
		if ok {
			p = raw
		}
		if !written {
			was.crossing, written = crossing{p.body.Car, p.body.Line, p.at}, ok && !p.at.PreStart()
		}
	}
	if written && was.crossing != now.crossing {
		w.erase(f, was.car, "passings", f.passedAt(v.Seq, was.crossing), f.passedAt(v.Seq, was.crossing))
	}
	f.point(&p, now, w)
}

// passedAt returns the time of a passing's point: the digits below the microsecond hold its record number, so that two
// passings of the same instant are two points.
func (f *follower) passedAt(seq race.Seq, h crossing) int64 { return f.ns(h.at) + int64(seq%1000) }

func (f *follower) point(p *passing, j judged, w *writer) {
	if w == nil {
		return
	}
	b := append(append(w.line(f, j.car), "passings"...), f.tagsOf(j.car)...)
	b = appendInt(append(b, ' '), "seq", int64(p.seq))
	b = appendInt(b, "line", int64(j.line))
	b = appendInt(b, "time_us", int64(j.at-f.moved))
	if j.line >= 0 && j.line < len(f.info.Lines) {
		b = appendText(b, "line_kind", f.info.Lines[j.line].Kind.String())
	}
	b = appendBool(b, "in_pit", p.body.InPit)
	if p.body.SpeedKMH > 0 {
		b = appendInt(b, "speed", int64(p.body.SpeedKMH))
	}
	if p.refused != "" {
		b = appendText(b, "verdict", "refused")
		b = appendText(b, "reason", p.refused)
	} else {
		b = appendText(b, "verdict", j.verdict.String())
		b = appendText(b, "reason", j.reason)
	}
	if s := p.body.Source; s != nil {
		b = appendText(b, "decoder", s.Decoder)
		b = appendText(b, "transponder", s.Transponder)
	}
	w.done(appendTime(b, f.passedAt(p.seq, j.crossing)))
}

// frame writes a telemetry frame, if it is due.
func (f *follower) frame(fr *race.Frame, w *writer) error {
	if fr.Tick%race.Tick(f.every) != 0 || sabotage.On(sabotage.FeedPoints) && fr.Tick%50 == 0 {
		return nil
	}
	if last := int(fr.First) + fr.Cars(); fr.First < 0 || last > len(f.frames) {
		return fmt.Errorf("frame %d of race %s has cars up to %d, entered are %d", fr.Tick, f.id, last, len(f.frames))
	}
	ns := f.ns(fr.Time)
	for i := range fr.Cars() {
		car := fr.First + race.CarIdx(i)
		w.done(appendFrame(w.line(f, car), f.frames[car], fr, i, f.at, ns))
	}
	return nil
}
