package cluster

import (
	"encoding/json"
	"fmt"

	"lightsout/race"
	"lightsout/race/view"
)

// factsVersion is the version of the JSON of facts. A field that is added does not change it.
const factsVersion = 1

// linesMax bounds the lines of a result in one message: one of 100,000 cars would be larger than Kafka takes.
const linesMax = 2000

// factHead begins each message. Race, Seq and Index identify it.
type factHead struct {
	V    int      `json:"v"`
	Race race.ID  `json:"race"`
	Seq  race.Seq `json:"seq"` // of the record that it follows from
	// Index counts the messages of a record from 0.
	Index int    `json:"index"`
	Type  string `json:"type"`
}

type standingFact struct {
	factHead
	DriverNumber int       `json:"driver_number"`
	NameAcronym  string    `json:"name_acronym"`
	Laps         int       `json:"laps"`
	State        string    `json:"state"`
	GapMS        int64     `json:"gap_ms"`
	GapLaps      int       `json:"gap_laps"`
	IntervalMS   int64     `json:"interval_ms"`
	IntervalLaps int       `json:"interval_laps"`
	LastLapMS    *int64    `json:"last_lap_ms"`
	BestLapMS    *int64    `json:"best_lap_ms"`
	Sector1MS    *int64    `json:"duration_sector_1_ms"`
	Sector2MS    *int64    `json:"duration_sector_2_ms"`
	Sector3MS    *int64    `json:"duration_sector_3_ms"`
	LastMark     string    `json:"last_lap_mark"`
	SectorMarks  [3]string `json:"sector_marks"`
	Compound     string    `json:"compound"`
	TyreAge      int       `json:"tyre_age"`
	Stops        int       `json:"stops"`
	PenaltyMS    int64     `json:"penalty_ms"`
	SpeedTrapKMH *int      `json:"speed_trap_kmh"`
}

type orderFact struct {
	factHead
	From    int   `json:"from"` // position of the first
	Drivers []int `json:"driver_numbers"`
}

type lapFact struct {
	factHead
	view.Lap
}

type withdrawnLapsFact struct {
	factHead
	DriverNumber int `json:"driver_number"`
	Laps         int `json:"laps"`
}

type passingFact struct {
	factHead
	Passing      race.Seq `json:"passing"`
	DriverNumber *int     `json:"driver_number"`
	Line         int      `json:"line"`
	TimeUS       *int64   `json:"time_us"`
	Verdict      string   `json:"verdict"`
	Reason       string   `json:"reason"`
	SplitUS      *int64   `json:"split_us"`
}

type refusedFact struct {
	factHead
	Record race.Seq `json:"record"`
	Reason string   `json:"reason"`
}

type eventFact struct {
	factHead
	view.Event
	Flag *string `json:"flag"` // of an event of the kind flag
}

type withdrawnEventFact struct {
	factHead
	Kind         string   `json:"kind"`
	Of           race.Seq `json:"of"`
	DriverNumber *int     `json:"driver_number"`
}

type sessionFact struct {
	factHead
	Status       string `json:"status"`
	Flag         string `json:"flag"`
	LeaderLap    int    `json:"leader_lap"`
	Laps         int    `json:"laps"`
	TimeMS       int64  `json:"time_ms"`
	StartMovedUS int64  `json:"start_moved_us"`
}

type resultFact struct {
	factHead
	Version        int               `json:"version"`
	Status         string            `json:"status"`
	Final          bool              `json:"final"`
	Author         string            `json:"author"`
	Reason         string            `json:"reason"`
	StateHash      string            `json:"state_hash"`
	Lines          int               `json:"lines"` // of the whole result
	From           int               `json:"from"`  // number of the first line of this message, from 1
	Classification []view.Classified `json:"classification"`
}

// factsJSON makes messages of what follows from a record: one for each fact, more for a long result.
func factsJSON(id race.ID, entries []race.Entry, of *race.Facts) (out [][]byte, err error) {
	w := factWriter{entries: entries}
	for _, fact := range of.Facts {
		for part := 0; part == 0 || part < w.parts; part++ {
			w.parts = 1
			w.head = factHead{factsVersion, id, of.Seq, len(out), ""}
			data, err := json.Marshal(w.message(fact, part))
			if err != nil {
				return out, fmt.Errorf("encode a %s of record %d: %w", w.head.Type, of.Seq, err)
			}
			out = append(out, data)
		}
	}
	return out, nil
}

type factWriter struct {
	entries []race.Entry
	head    factHead
	parts   int // of the fact
}

func (w *factWriter) as(kind string) factHead {
	w.head.Type = kind
	return w.head
}

func (w *factWriter) car(car race.CarIdx) race.Entry {
	if car < 0 || int(car) >= len(w.entries) {
		return race.Entry{}
	}
	return w.entries[car]
}

// number is the number of a car; nil if it is unknown or none.
func (w *factWriter) number(car race.CarIdx) *int {
	if car < 0 || int(car) >= len(w.entries) {
		return nil
	}
	return &w.entries[car].Number
}

func (w *factWriter) message(fact race.Fact, part int) any {
	switch f := fact.(type) {
	case race.RowChanged:
		return w.standing(&f.Row)
	case race.OrderChanged:
		m := orderFact{w.as("order"), f.From + 1, make([]int, 0, len(f.Cars))}
		for _, car := range f.Cars {
			m.Drivers = append(m.Drivers, w.car(car).Number)
		}
		return m
	case race.LapCompleted:
		return lapFact{w.as("lap"), view.NewLap(f.Lap, w.car(f.Lap.Car))}
	case race.LapsWithdrawn:
		return withdrawnLapsFact{w.as("laps_withdrawn"), w.car(f.Car).Number, f.Laps}
	case race.PassingJudged:
		return passingFact{
			w.as("passing"), f.Seq, w.number(f.Car), f.Line, timeOrNull(f.Time), f.Verdict.String(), f.Reason, timeOrNull(f.Split),
		}
	case race.RecordRefused:
		return refusedFact{w.as("refused"), f.Seq, f.Reason}
	case race.EventHappened:
		m := eventFact{w.as("event"), view.NewEvent(f.Event, w.entries), nil}
		if f.Event.Kind == race.EventFlag {
			flag := race.FlagState(f.Event.Value).String()
			m.Flag = &flag
		}
		return m
	case race.EventWithdrawn:
		return withdrawnEventFact{w.as("event_withdrawn"), f.Event.Kind.String(), f.Event.Of, w.number(f.Event.Car)}
	case race.SessionStatusChanged:
		s := f.Session
		return sessionFact{w.as("session"), s.Status.String(), s.Flag.String(), s.LeaderLap, s.Laps, s.TimeMS, int64(s.StartMoved)}
	case race.ResultPublished:
		return w.result(&f.Classification, part)
	}
	panic(fmt.Sprintf("a fact of the type %T", fact))
}

func (w *factWriter) standing(r *race.Row) standingFact {
	who := w.car(r.Car)
	m := standingFact{
		factHead: w.as("standing"), DriverNumber: who.Number, NameAcronym: who.Code, Laps: r.Laps, State: r.State.String(),
		GapMS: r.GapMS, GapLaps: r.GapLaps, IntervalMS: r.IntervalMS, IntervalLaps: r.IntervalLaps,
		LastLapMS: aboveZero(r.LastMS), BestLapMS: aboveZero(r.BestMS), Sector1MS: aboveZero(r.SectorsMS[0]),
		Sector2MS: aboveZero(r.SectorsMS[1]), Sector3MS: aboveZero(r.SectorsMS[2]), LastMark: r.LastMark.String(),
		Compound: r.Tyre.String(), TyreAge: r.TyreAgeLaps, Stops: r.Stops, PenaltyMS: r.PenaltyMS,
		SpeedTrapKMH: aboveZero(r.SpeedTrapKMH),
	}
	for i, mark := range r.SectorMarks {
		m.SectorMarks[i] = mark.String()
	}
	return m
}

func (w *factWriter) result(c *race.Classification, part int) resultFact {
	w.parts = (len(c.Entries) + linesMax - 1) / linesMax
	from := part * linesMax
	m := resultFact{
		factHead: w.as("result"), Version: c.Version, Status: c.Status.String(), Final: c.Final(), Author: c.Author, Reason: c.Reason,
		StateHash: c.StateHash, Lines: len(c.Entries), From: from + 1, Classification: []view.Classified{},
	}
	for _, line := range c.Entries[from:min(from+linesMax, len(c.Entries))] {
		m.Classification = append(m.Classification, view.NewClassified(line, w.car(line.Car)))
	}
	return m
}

func timeOrNull(t race.Micros) *int64 {
	if t == race.NoTime {
		return nil
	}
	us := int64(t)
	return &us
}

func aboveZero[N int | int64](n N) *N {
	if n <= 0 {
		return nil
	}
	return &n
}
