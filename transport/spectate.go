package transport

import "lightsout/race"

// Version of the wire that this package writes and reads.
const Version = 1

// Types of message.
const (
	typeSnapshot = 1
	typeFacts    = 2
	typeFrame    = 3
	typePulse    = 4
	typeOps      = 5
	typeCars     = 6
	typeLook     = 7
	typeRecord   = 16
	typeSamples  = 17
	typeEnd      = 18
	typeEntry    = 19
	typeBody     = 20
	typeCommand  = 21
	typeField    = 22
)

// Tags of a fact.
const (
	factRow       = 1
	factOrder     = 2
	factLap       = 3
	factEvent     = 4
	factHead      = 5
	factResult    = 6
	factWithdrawn = 7
	factJudged    = 8
	factRefused   = 9
	factUnevent   = 10
)

// Codec writes messages of the wire. The zero value is ready.
type Codec struct{}

// Snapshot is everything that a spectator needs to start.
func (Codec) Snapshot(head *race.Race, entries []race.Entry, board *race.Board) ([]byte, error) {
	w := newWriter()
	w.head(typeSnapshot, 9)
	w.uint(uint64(board.Seq))
	w.int(int64(board.Time))
	w.raceHead(head)
	w.array(len(entries))
	for _, e := range entries {
		w.array(6)
		w.int(int64(e.Number))
		w.str(e.Code)
		w.str(e.Name)
		w.str(e.Team)
		w.str(e.Colour)
		w.int(int64(e.Grid))
	}
	w.raceState(board.Session)
	cars(w, board.Order)
	w.array(len(board.Rows))
	for i := range board.Rows {
		w.row(&board.Rows[i])
	}
	events := board.Events[max(0, len(board.Events)-race.EventsMax):]
	w.array(len(events))
	for i := range events {
		w.event(&events[i])
	}
	if board.Result == nil {
		w.null()
	} else {
		w.result(board.Result)
	}
	return w.done("snapshot")
}

// Facts is what follows from the records up to facts.Seq.
func (Codec) Facts(facts *race.Facts) ([]byte, error) {
	w := newWriter()
	w.head(typeFacts, 3)
	w.uint(uint64(facts.Seq))
	w.int(int64(facts.Time))
	w.array(len(facts.Facts))
	for _, f := range facts.Facts {
		w.fact(f)
	}
	return w.done("facts")
}

// Frame is all cars at one instant, in columns.
func (Codec) Frame(f *race.Frame) ([]byte, error) {
	w := newWriter()
	picture := f.Lap == nil
	n := 11
	if picture {
		n = 5
	}
	w.head(typeFrame, n)
	w.int(int64(f.Tick))
	w.int(int64(f.Time))
	w.int(int64(f.First))
	w.u16s(f.LapFraction)
	column(w, f.State)
	if !picture {
		w.u16s(f.Lap)
		w.u16s(f.SpeedDKMH)
		w.bytes(f.RPM50)
		w.bytes(f.Throttle)
		w.bytes(f.Brake)
		w.bytes(f.GearDRS)
	}
	return w.done("frame")
}

// Cars is some cars at one instant.
func (Codec) Cars(f *race.CarsFrame) ([]byte, error) {
	w := newWriter()
	w.head(typeCars, 5)
	w.int(int64(f.Tick))
	w.int(int64(f.Time))
	cars(w, f.Cars)
	w.u16s(f.LapFraction)
	column(w, f.State)
	return w.done("cars")
}

// Look is what a spectator looks at.
func (Codec) Look(l *race.Look) ([]byte, error) {
	w := newWriter()
	w.head(typeLook, 3)
	w.int(int64(l.From))
	w.int(int64(l.To))
	cars(w, l.Cars)
	return w.done("look")
}

// DecodeLook reads a look message, and returns an error for any other.
func (Codec) DecodeLook(data []byte) (*race.Look, error) {
	return decodeAs[*race.Look](data, "a look")
}

// Ops is what happens to a race's actors.
func (Codec) Ops(o *race.Ops) ([]byte, error) {
	w := newWriter()
	w.head(typeOps, 3)
	w.int(o.Restarts)
	w.array(len(o.Recent))
	for _, r := range o.Recent {
		w.array(4)
		w.str(r.Kind)
		w.int(int64(r.Car))
		w.str(r.Reason)
		w.int(r.TookUS)
	}
	if d := o.Drill; d == nil {
		w.null()
	} else {
		w.array(4)
		w.str(d.Name)
		w.int(int64(d.Phase))
		w.int(int64(d.Injected))
		w.str(d.Text)
	}
	return w.done("ops")
}

// Pulse tells that the line is alive: the server's clock in UTC milliseconds, and for how long the server has been cut off from the race's log.
func (Codec) Pulse(wallMS, behindMS int64) ([]byte, error) {
	w := newWriter()
	w.head(typePulse, 1+given(behindMS != 0))
	w.int(wallMS)
	if behindMS != 0 {
		w.int(behindMS)
	}
	return w.done("pulse")
}

func (w *writer) raceHead(r *race.Race) {
	w.mapOf(9)
	w.key("id")
	w.str(string(r.ID))
	w.key("name")
	w.str(r.Name)
	w.key("kind")
	w.str(r.Kind.String())
	w.key("circuit")
	w.str(r.Circuit)
	w.key("cars")
	w.int(int64(r.Cars))
	w.key("laps")
	w.int(int64(r.Rules.Laps))
	w.key("speed")
	w.float(r.Speed)
	w.key("tick_hz")
	w.int(int64(r.TickHz))
	w.key("lines")
	w.lines(r.Lines)
}

func (w *writer) lines(lines []race.Line) {
	w.array(len(lines))
	for _, l := range lines {
		w.array(3)
		w.int(int64(l.Kind))
		w.int(int64(l.Sector))
		w.int(int64(l.Permyriad))
	}
}

func (w *writer) raceState(h race.SessionStatus) {
	w.array(5)
	w.int(int64(h.Status))
	w.int(int64(h.Flag))
	w.int(int64(h.LeaderLap))
	w.int(int64(h.Laps))
	w.int(h.TimeMS)
}

func (w *writer) fact(f race.Fact) {
	tag := func(tag, items int) { w.array(1 + items); w.int(int64(tag)) }
	switch f := f.(type) {
	case race.RowChanged:
		tag(factRow, 1)
		w.row(&f.Row)
	case race.OrderChanged:
		tag(factOrder, 2)
		w.int(int64(f.From))
		cars(w, f.Cars)
	case race.LapCompleted:
		tag(factLap, 1)
		w.lap(&f.Lap)
	case race.EventHappened:
		tag(factEvent, 1)
		w.event(&f.Event)
	case race.EventWithdrawn:
		tag(factUnevent, 3)
		w.int(int64(f.Event.Kind))
		w.uint(uint64(f.Event.Of))
		w.int(int64(f.Event.Car))
	case race.SessionStatusChanged:
		tag(factHead, 1)
		w.raceState(f.Session)
	case race.ResultPublished:
		tag(factResult, 1)
		w.result(&f.Classification)
	case race.LapsWithdrawn:
		tag(factWithdrawn, 2)
		w.int(int64(f.Car))
		w.int(int64(f.Laps))
	case race.PassingJudged:
		tag(factJudged, 7)
		w.uint(uint64(f.Seq))
		w.int(int64(f.Car))
		w.int(int64(f.Line))
		w.int(int64(f.Time))
		w.int(int64(f.Verdict))
		w.str(f.Reason)
		w.int(int64(f.Split))
	case race.RecordRefused:
		tag(factRefused, 2)
		w.uint(uint64(f.Seq))
		w.str(f.Reason)
	}
}

func (w *writer) row(r *race.Row) {
	w.array(20)
	w.int(int64(r.Car))
	w.int(int64(r.Laps))
	w.int(r.GapMS)
	w.int(int64(r.GapLaps))
	w.int(r.IntervalMS)
	w.int(int64(r.IntervalLaps))
	w.int(r.LastMS)
	w.int(r.BestMS)
	for _, s := range r.SectorsMS {
		w.int(s)
	}
	m := r.SectorMarks
	w.int(int64(m[0]&3) | int64(m[1]&3)<<2 | int64(m[2]&3)<<4 | int64(r.LastMark&3)<<6)
	w.int(int64(r.Tyre))
	w.int(int64(r.TyreAgeLaps))
	w.int(int64(r.Stops))
	w.int(int64(r.State))
	w.int(r.PenaltyMS)
	column(w, r.MiniMarks)
	w.int(int64(r.SpeedTrapKMH))
	w.bool(r.BestIsSession)
}

func (w *writer) lap(l *race.Lap) {
	w.array(16)
	w.int(int64(l.Car))
	w.int(int64(l.Number))
	w.int(l.DurationMS)
	for _, s := range l.SectorsMS {
		w.int(s)
	}
	w.int(l.EndMS)
	w.int(int64(l.Position))
	w.int(int64(l.Tyre))
	w.int(int64(l.TyreAgeLaps))
	w.bool(l.PitIn)
	w.bool(l.PitOut)
	w.int(int64(l.Flag))
	w.int(int64(l.Mark))
	w.bool(l.Deleted)
	w.uint(uint64(l.Passing))
}

func (w *writer) event(e *race.Event) {
	w.array(7)
	w.int(int64(e.Kind))
	w.int(int64(e.Car))
	w.int(int64(e.Lap))
	w.int(e.TimeMS)
	w.int(e.Value)
	w.str(e.Text)
	w.uint(uint64(e.Of))
}

func (w *writer) result(c *race.Classification) {
	w.array(7)
	w.bool(c.Final())
	w.array(len(c.Entries))
	for i := range c.Entries {
		e := &c.Entries[i]
		w.array(12)
		w.int(int64(e.Position))
		w.int(int64(e.Car))
		w.int(int64(e.Laps))
		w.int(int64(e.Status))
		w.int(e.DurationMS)
		w.int(e.GapMS)
		w.int(int64(e.GapLaps))
		w.int(e.IntervalMS)
		w.int(e.PenaltyMS)
		w.int(e.BestLapMS)
		w.int(int64(e.BestLap))
		w.str(e.Reason)
	}
	w.str(c.StateHash)
	w.int(int64(c.Version))
	w.int(int64(c.Status))
	w.str(c.Author)
	w.str(c.Reason)
}
