package transport

import (
	"encoding/binary"
	"fmt"

	"lightsout/race"
)

// Message is the result of Decode: *Snapshot, *race.Facts, *race.Frame, *race.CarsFrame, *race.Look, Pulse, *race.Ops, *race.Record,
// []race.Sample, *Entry, *Content, *Command or *Field.
type Message any

// Snapshot is a decoded snapshot message. Of the race info it has only what the wire carries.
type Snapshot struct {
	Race    race.Race
	Entries []race.Entry
	Board   race.Board
}

// Decode decodes one message. The data is borrowed. Errors wrap ErrMalformed and name the fault.
func Decode(data []byte) (Message, error) {
	r := newReader(data)
	n, kind := r.head()
	var m Message
	var known int
	switch {
	case r.err != nil:
	case kind == typeSnapshot:
		m, known = r.snapshot(n), 11
	case kind == typeFacts:
		m, known = r.facts(n), 5
	case kind == typeFrame:
		m, known = r.frame(n)
	case kind == typeCars:
		m, known = r.carsFrame(n), 7
	case kind == typeLook:
		m, known = r.look(n), 5
	case kind == typePulse:
		m, known = r.pulse(n)
	case kind == typeOps:
		m, known = r.ops(n), 5
	case kind == typeRecord:
		m, known = r.record(n)
	case kind == typeSamples:
		m, known = r.samples(n), 3
	case kind == typeEnd:
		m, known = r.logEnd(n), 5
	case kind == typeEntry:
		m, known = r.sharedEntry(n), entryItems+2
	case kind == typeBody:
		m, known = r.content(n), contentItems+2
	case kind == typeCommand:
		m, known = r.command(n), commandItems+2
	case kind == typeField:
		m, known = r.field(n), fieldItems+2
	default:
		r.fail("unknown type %d", kind)
	}
	r.rest(n - known)
	if r.err == nil && r.src.Len() > 0 {
		r.fail("%d bytes behind the message", r.src.Len())
	}
	if err := r.done(); err != nil {
		return nil, err
	}
	return m, nil
}

// decodeAs decodes a message that must be of type T, described by what. The data is borrowed.
func decodeAs[T Message](data []byte, what string) (T, error) {
	var none T
	m, err := Decode(data)
	if err != nil {
		return none, err
	}
	v, ok := m.(T)
	if !ok {
		return none, fmt.Errorf("%w: a %T: expected %s", ErrMalformed, m, what)
	}
	return v, nil
}

// head opens a message and returns the number of its items, version and type included, and its type.
func (r *reader) head() (n int, kind int64) {
	n = r.array("message", 2, 128)
	r.intIn("version", Version, Version)
	return n, r.int("type")
}

func (r *reader) want(n, least int) {
	if n < least {
		r.fail("message has %d items, allowed are %d and more", n, least)
	}
}

func (r *reader) snapshot(n int) *Snapshot {
	r.want(n, 11)
	s := &Snapshot{}
	s.Board.Seq = race.Seq(r.uint("seq"))
	s.Board.Time = race.Micros(r.int("time_us"))
	r.raceHead(&s.Race)
	r.list("entries", func(int) {
		var e race.Entry
		r.tuple("entry", 6, func() {
			e.Number = int(r.int("number"))
			e.Code, e.Name, e.Team, e.Colour = r.str("code"), r.str("name"), r.str("team"), r.str("colour")
			e.Grid = int(r.int("grid"))
		})
		s.Entries = append(s.Entries, e)
	})
	s.Board.Session = r.raceState()
	s.Board.Order = r.cars("order")
	r.list("rows", func(int) { s.Board.Rows = append(s.Board.Rows, r.row()) })
	r.list("events", func(int) { s.Board.Events = append(s.Board.Events, r.event()) })
	if r.err == nil {
		if !r.null("result") {
			s.Board.Result = r.result()
		}
	}
	return s
}

func (r *reader) raceHead(h *race.Race) {
	if r.err != nil {
		return
	}
	n, err := r.dec.DecodeMapLen()
	r.check("race", err)
	for i := 0; i < n && r.err == nil; i++ {
		switch key := r.str("race"); key {
		case "id":
			h.ID = race.ID(r.str(key))
		case "name":
			h.Name = r.str(key)
		case "kind":
			if r.str(key) == race.External.String() {
				h.Kind = race.External
			}
		case "circuit":
			h.Circuit = r.str(key)
		case "cars":
			h.Cars = int(r.int(key))
		case "laps":
			h.Rules.Laps = int(r.int(key))
		case "speed":
			h.Speed = r.float(key)
		case "tick_hz":
			h.TickHz = int(r.int(key))
		case "lines":
			h.Lines = r.lines()
		default:
			r.skip(0)
		}
	}
}

func (r *reader) lines() (lines []race.Line) {
	r.list("lines", func(int) {
		r.tuple("line", 3, func() {
			lines = append(lines, race.Line{
				Kind:      enum[race.LineKind](r, "line kind", 6),
				Sector:    int(r.intIn("sector", 0, 100)),
				Permyriad: int(r.intIn("permyriad", 0, 10_000)),
			})
		})
	})
	return lines
}

func (r *reader) raceState() (h race.SessionStatus) {
	r.tuple("head", 5, func() {
		h.Status = enum[race.Status](r, "status", 5)
		h.Flag = enum[race.FlagState](r, "flag", 6)
		h.LeaderLap = int(r.int("leader_lap"))
		h.Laps = int(r.int("laps"))
		h.TimeMS = r.int("time_ms")
	})
	return h
}

func (r *reader) cars(what string) []race.CarIdx {
	b := r.bin(what)
	if len(b)%4 != 0 {
		r.fail("%s: %d bytes are no whole number of cars", what, len(b))
		return nil
	}
	v := make([]race.CarIdx, len(b)/4)
	for i := range v {
		v[i] = race.CarIdx(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v
}

func (r *reader) ops(n int) *race.Ops {
	r.want(n, 5)
	o := &race.Ops{Restarts: r.int("restarts")}
	r.list("recent", func(int) {
		r.tuple("restart", 4, func() {
			o.Recent = append(o.Recent, race.Restart{Kind: r.str("kind"), Car: r.car(), Reason: r.str("reason"), TookUS: r.int("took_us")})
		})
	})
	if !r.null("drill") {
		r.tuple("drill", 4, func() {
			o.Drill = &race.DrillState{
				Name: r.str("name"), Phase: enum[race.DrillPhase](r, "phase", 5), Injected: int(r.intIn("injected", 0, 1<<40)), Text: r.str("text"),
			}
		})
	}
	return o
}

func (r *reader) facts(n int) *race.Facts {
	r.want(n, 5)
	f := &race.Facts{Seq: race.Seq(r.uint("seq")), Time: race.Micros(r.int("time_us"))}
	r.list("facts", func(int) {
		items := r.array("fact", 2, 64)
		known := 2
		switch tag := r.int("fact"); tag {
		case factRow:
			f.Facts = append(f.Facts, race.RowChanged{Row: r.row()})
		case factOrder:
			known = 3
			from := int(r.intIn("from", 0, race.CarsMax))
			f.Facts = append(f.Facts, race.OrderChanged{From: from, Cars: r.cars("order")})
		case factLap:
			f.Facts = append(f.Facts, race.LapCompleted{Lap: r.lap()})
		case factEvent:
			f.Facts = append(f.Facts, race.EventHappened{Event: r.event()})
		case factUnevent:
			known = 4
			f.Facts = append(f.Facts, race.EventWithdrawn{Event: race.EventName{
				Kind: enum[race.EventKind](r, "event kind", 256), Of: race.Seq(r.uint("of")), Car: r.car(),
			}})
		case factHead:
			f.Facts = append(f.Facts, race.SessionStatusChanged{Session: r.raceState()})
		case factResult:
			f.Facts = append(f.Facts, race.ResultPublished{Classification: *r.result()})
		case factWithdrawn:
			known = 3
			f.Facts = append(f.Facts, race.LapsWithdrawn{Car: r.car(), Laps: int(r.intIn("laps", 0, race.LapsMax))})
		case factJudged:
			known = 8
			f.Facts = append(f.Facts, race.PassingJudged{
				Seq: race.Seq(r.uint("seq")), Car: r.car(), Line: int(r.intIn("line", 0, race.LinesMax)),
				Time: race.Micros(r.int("time_us")), Verdict: enum[race.Verdict](r, "verdict", race.VerdictCount),
				Reason: r.str("reason"), Split: race.Micros(r.int("split_us")),
			})
		case factRefused:
			known = 3
			f.Facts = append(f.Facts, race.RecordRefused{Seq: race.Seq(r.uint("seq")), Reason: r.str("reason")})
		default:
			known = 1 // a fact of a later version
		}
		r.rest(items - known)
	})
	return f
}

func (r *reader) row() (v race.Row) {
	r.tuple("row", 20, func() {
		v.Car = r.car()
		v.Laps = int(r.int("laps"))
		v.GapMS, v.GapLaps = r.int("gap_ms"), int(r.int("gap_laps"))
		v.IntervalMS, v.IntervalLaps = r.int("interval_ms"), int(r.int("interval_laps"))
		v.LastMS, v.BestMS = r.int("last_ms"), r.int("best_ms")
		for i := range v.SectorsMS {
			v.SectorsMS[i] = r.int("sector_ms")
		}
		marks := r.intIn("marks", 0, 255)
		for i := range v.SectorMarks {
			v.SectorMarks[i] = race.Mark(marks >> (2 * i) & 3)
		}
		v.LastMark = race.Mark(marks >> 6)
		v.Tyre = enum[race.Compound](r, "tyre", 4)
		v.TyreAgeLaps, v.Stops = int(r.int("tyre_age")), int(r.int("stops"))
		v.State = enum[race.CarState](r, "state", 7)
		v.PenaltyMS = r.int("penalty_ms")
		for _, m := range r.text("minis", textMax) {
			v.MiniMarks = append(v.MiniMarks, race.Mark(m&3))
		}
		v.SpeedTrapKMH = int(r.int("speed_trap_kmh"))
		v.BestIsSession = r.bool("best_is_session")
	})
	return v
}

func (r *reader) car() race.CarIdx {
	return race.CarIdx(r.intIn("car", int64(race.NoCar), race.CarsMax-1))
}

func (r *reader) lap() (v race.Lap) {
	r.tuple("lap", 16, func() {
		v.Car, v.Number, v.DurationMS = r.car(), int(r.int("number")), r.int("duration_ms")
		for i := range v.SectorsMS {
			v.SectorsMS[i] = r.int("sector_ms")
		}
		v.EndMS, v.Position = r.int("end_ms"), int(r.int("position"))
		v.Tyre, v.TyreAgeLaps = enum[race.Compound](r, "tyre", 4), int(r.int("tyre_age"))
		v.PitIn, v.PitOut = r.bool("pit_in"), r.bool("pit_out")
		v.Flag, v.Mark = enum[race.FlagState](r, "flag", 6), enum[race.Mark](r, "mark", 4)
		v.Deleted = r.bool("deleted")
		v.Passing = race.Seq(r.uint("passing"))
	})
	return v
}

func (r *reader) event() (v race.Event) {
	r.tuple("event", 7, func() {
		v.Kind, v.Car = enum[race.EventKind](r, "event kind", 256), r.car()
		v.Lap, v.TimeMS, v.Value = int(r.int("lap")), r.int("time_ms"), r.int("value")
		v.Text = r.str("text")
		v.Of = race.Seq(r.uint("of"))
	})
	return v
}

func (r *reader) result() *race.Classification {
	c := &race.Classification{}
	r.tuple("result", 7, func() {
		r.bool("final") // the status implies it
		r.list("classified", func(int) {
			var e race.Classified
			r.tuple("classified", 12, func() {
				e.Position, e.Car, e.Laps = int(r.int("position")), r.car(), int(r.int("laps"))
				e.Status = enum[race.ClassifiedStatus](r, "status", race.ClassifiedStatusCount)
				e.DurationMS, e.GapMS, e.GapLaps = r.int("duration_ms"), r.int("gap_ms"), int(r.int("gap_laps"))
				e.IntervalMS, e.PenaltyMS = r.int("interval_ms"), r.int("penalty_ms")
				e.BestLapMS, e.BestLap = r.int("best_lap_ms"), int(r.int("best_lap"))
				e.Reason = r.str("reason")
			})
			c.Entries = append(c.Entries, e)
		})
		c.StateHash = r.str("state_hash")
		c.Version, c.Status = int(r.int("version")), enum[race.ResultStatus](r, "result status", 3)
		c.Author, c.Reason = r.str("author"), r.str("reason")
	})
	return c
}

func (r *reader) frame(n int) (*race.Frame, int) {
	r.want(n, 7)
	f := &race.Frame{Tick: race.Tick(r.int("tick")), Time: race.Micros(r.int("time_us"))}
	f.First = race.CarIdx(r.intIn("first", 0, race.CarsMax))
	f.LapFraction = r.u16s("lap_fraction")
	for _, s := range r.text("state", textMax) {
		f.State = append(f.State, race.CarState(s))
	}
	known, same := 7, len(f.State) == len(f.LapFraction)
	if n > 7 {
		r.want(n, 13)
		known = 13
		f.Lap, f.SpeedDKMH = r.u16s("lap"), r.u16s("speed")
		f.RPM50, f.Throttle = r.bin("rpm"), r.bin("throttle")
		f.Brake, f.GearDRS = r.bin("brake"), r.bin("gear_drs")
		for _, length := range []int{
			len(f.Lap), len(f.SpeedDKMH), len(f.RPM50), len(f.Throttle), len(f.Brake), len(f.GearDRS),
		} {
			same = same && length == len(f.LapFraction)
		}
	}
	if !same {
		r.fail("frame: columns of different length")
	}
	return f, known
}

func (r *reader) carsFrame(n int) *race.CarsFrame {
	r.want(n, 7)
	f := &race.CarsFrame{Tick: race.Tick(r.int("tick")), Time: race.Micros(r.int("time_us")), Cars: r.cars("cars")}
	f.LapFraction = r.u16s("lap_fraction")
	for _, s := range r.text("state", textMax) {
		f.State = append(f.State, race.CarState(s))
	}
	if len(f.LapFraction) != len(f.Cars) || len(f.State) != len(f.Cars) {
		r.fail("cars: columns of different length")
	}
	return f
}

func (r *reader) look(n int) *race.Look {
	r.want(n, 5)
	l := &race.Look{From: int(r.intIn("from", 0, race.CarsMax)), To: int(r.intIn("to", 0, race.CarsMax)), Cars: r.cars("cars")}
	switch {
	case l.To < l.From || l.To-l.From > race.LookPlaces:
		r.fail("look: from %d to %d: allowed are %d places", l.From, l.To, race.LookPlaces)
	case len(l.Cars) > race.LookCars:
		r.fail("look: %d cars: allowed are %d", len(l.Cars), race.LookCars)
	}
	return l
}
