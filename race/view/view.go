package view

import "lightsout/race"

// Classified is a line of a classification. A field that does not apply is null.
type Classified struct {
	Position     *int    `json:"position"`
	DriverNumber int     `json:"driver_number"`
	NameAcronym  string  `json:"name_acronym"`
	Laps         int     `json:"laps"`
	Status       string  `json:"status"`
	DurationMS   *int64  `json:"duration_ms"`
	GapMS        *int64  `json:"gap_ms"`
	GapLaps      *int    `json:"gap_laps"`
	IntervalMS   *int64  `json:"interval_ms"`
	PenaltyMS    int64   `json:"penalty_ms"`
	BestLapMS    *int64  `json:"best_lap_ms"`
	BestLap      *int    `json:"best_lap"`
	Reason       *string `json:"reason"`
}

// NewClassified returns the line of a car.
func NewClassified(e race.Classified, who race.Entry) Classified {
	d := Classified{
		DriverNumber: who.Number, NameAcronym: who.Code, Laps: e.Laps, Status: e.Status.String(),
		DurationMS: orNull(e.DurationMS), GapMS: orNull(e.GapMS), IntervalMS: orNull(e.IntervalMS),
		PenaltyMS: e.PenaltyMS, BestLapMS: orNull(e.BestLapMS),
	}
	if e.Position > 0 {
		d.Position, d.GapLaps = &e.Position, &e.GapLaps
	}
	if e.BestLap > 0 {
		d.BestLap = &e.BestLap
	}
	if e.Reason != "" {
		d.Reason = &e.Reason
	}
	return d
}

// Lap is a lap, with the names of OpenF1. lap_duration is in seconds, as in OpenF1.
type Lap struct {
	DriverNumber int      `json:"driver_number"`
	LapNumber    int      `json:"lap_number"`
	LapDuration  *float64 `json:"lap_duration"`
	DurationMS   *int64   `json:"lap_duration_ms"`
	Sector1MS    *int64   `json:"duration_sector_1_ms"`
	Sector2MS    *int64   `json:"duration_sector_2_ms"`
	Sector3MS    *int64   `json:"duration_sector_3_ms"`
	EndMS        int64    `json:"end_ms"`
	Position     int      `json:"position"`
	Compound     string   `json:"compound"`
	TyreAge      int      `json:"tyre_age"`
	IsPitIn      bool     `json:"is_pit_in_lap"`
	IsPitOut     bool     `json:"is_pit_out_lap"`
	Flag         string   `json:"flag"`
	Mark         string   `json:"mark"`
	IsDeleted    bool     `json:"is_deleted"`
	Passing      race.Seq `json:"passing"` // record of the passing that ended the lap; 0 if unknown
}

// NewLap returns a lap of a car.
func NewLap(l race.Lap, who race.Entry) Lap {
	some := func(ms int64) *int64 {
		if ms <= 0 {
			return nil
		}
		return &ms
	}
	d := Lap{
		DriverNumber: who.Number, LapNumber: l.Number, DurationMS: some(l.DurationMS), Sector1MS: some(l.SectorsMS[0]),
		Sector2MS: some(l.SectorsMS[1]), Sector3MS: some(l.SectorsMS[2]), EndMS: l.EndMS, Position: l.Position,
		Compound: l.Tyre.String(), TyreAge: l.TyreAgeLaps, IsPitIn: l.PitIn, IsPitOut: l.PitOut, Flag: l.Flag.String(),
		Mark: l.Mark.String(), IsDeleted: l.Deleted, Passing: l.Passing,
	}
	if d.DurationMS != nil {
		seconds := float64(l.DurationMS) / 1000
		d.LapDuration = &seconds
	}
	return d
}

// Event is an event of a race. A field that does not apply is null.
type Event struct {
	Kind         string   `json:"kind"`
	DriverNumber *int     `json:"driver_number"`
	LapNumber    int      `json:"lap_number"`
	TimeMS       int64    `json:"time_ms"`
	Value        int64    `json:"value"`
	Text         string   `json:"text"`
	Of           race.Seq `json:"of"` // the event's record; 0 for the start, the chequered flag and the result
}

// NewEvent returns an event of a race with these entries.
func NewEvent(e race.Event, entries []race.Entry) Event {
	d := Event{Kind: e.Kind.String(), LapNumber: e.Lap, TimeMS: e.TimeMS, Value: e.Value, Text: e.Text, Of: e.Of}
	if e.Car >= 0 && int(e.Car) < len(entries) {
		d.DriverNumber = &entries[e.Car].Number
	}
	return d
}

// Passing is a passing on a timing line with its verdict.
type Passing struct {
	Seq          race.Seq `json:"seq"`
	DriverNumber *int     `json:"driver_number"` // null for an unknown car
	Line         int      `json:"line"`
	TimeUS       *int64   `json:"time_us"` // null if it was reported by date and the start signal has not been given
	InPit        bool     `json:"in_pit"`
	SpeedKMH     *int     `json:"speed_kmh"`
	Verdict      string   `json:"verdict"`
	Reason       string   `json:"reason"`
	SplitUS      *int64   `json:"split_us"` // estimated time of a missed crossing of the finish line
	Decoder      string   `json:"decoder"`
	Session      string   `json:"session"`
	Sequence     uint64   `json:"sequence"`
	Transponder  string   `json:"transponder"`
}

// NewPassing returns a passing in a race with these entries.
func NewPassing(p race.PassingRow, entries []race.Entry) Passing {
	d := Passing{
		Seq: p.Seq, Line: p.Passing.Line, InPit: p.Passing.InPit, Verdict: p.Verdict.String(), Reason: p.Reason,
	}
	if car := p.Passing.Car; car >= 0 && int(car) < len(entries) {
		d.DriverNumber = &entries[car].Number
	}
	if at := int64(p.Time); p.Time != race.NoTime {
		d.TimeUS = &at
	}
	if p.Passing.SpeedKMH > 0 {
		d.SpeedKMH = &p.Passing.SpeedKMH
	}
	if src := p.Passing.Source; src != nil {
		d.Decoder, d.Session, d.Sequence, d.Transponder = src.Decoder, src.Session, src.Sequence, src.Transponder
	}
	if p.Split != race.NoTime {
		split := int64(p.Split)
		d.SplitUS = &split
	}
	return d
}

// orNull returns nil for a negative time, which means none.
func orNull(ms int64) *int64 {
	if ms < 0 {
		return nil
	}
	return &ms
}
