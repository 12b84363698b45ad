package gateway

import (
	"time"

	"lightsout/race"
	"lightsout/race/circuit"
)

// raceDTO is a race in an answer.
type raceDTO struct {
	ID        race.ID   `json:"id"`
	Name      string    `json:"name"`
	Kind      string    `json:"kind"`
	Status    string    `json:"status"`
	Circuit   string    `json:"circuit"`
	Cars      int       `json:"cars"`
	Laps      int       `json:"laps"` // 0 for a race by time
	LeaderLap int       `json:"leader_lap"`
	Seed      uint64    `json:"seed"`
	TickHz    int       `json:"tick_hz"`
	Speed     float64   `json:"speed"`
	CreatedAt time.Time `json:"created_at"`
	Winner    *string   `json:"winner"`
}

func newRaceDTO(s race.Summary) raceDTO {
	d := raceDTO{
		ID: s.Race.ID, Name: s.Race.Name, Kind: s.Race.Kind.String(), Status: s.Status.String(), Circuit: s.Race.Circuit,
		Cars: s.Race.Cars, Laps: s.Laps, LeaderLap: s.LeaderLap, Seed: s.Race.Seed, TickHz: s.Race.TickHz,
		Speed: s.Race.Speed, CreatedAt: time.Unix(0, s.CreatedAt).UTC(),
	}
	if s.Winner != "" {
		d.Winner = &s.Winner
	}
	return d
}

// raceDetailDTO is one race with its timing lines and rules.
type raceDetailDTO struct {
	raceDTO
	Lines []lineDTO    `json:"lines"`
	Rules race.RuleSet `json:"rules"`
}

type lineDTO struct {
	Kind      string `json:"kind"`
	Sector    int    `json:"sector"`
	Permyriad int    `json:"permyriad"`
}

func newLines(lines []race.Line) []lineDTO {
	out := make([]lineDTO, len(lines))
	for i, l := range lines {
		out[i] = lineDTO{l.Kind.String(), l.Sector, l.Permyriad}
	}
	return out
}

// classifiedDTO is a line of a classification. A field that does not apply is null.
type classifiedDTO struct {
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

func newClassified(e race.Classified, who race.Entry) classifiedDTO {
	d := classifiedDTO{
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

func orNull(ms int64) *int64 {
	if ms < 0 {
		return nil
	}
	return &ms
}

type classificationDTO struct {
	Race           raceHeadDTO     `json:"race"`
	Final          bool            `json:"final"`
	Version        int             `json:"version"` // 0: the order so far
	Status         string          `json:"status"`
	Author         string          `json:"author"` // of the version
	Reason         string          `json:"reason"`
	Classification []classifiedDTO `json:"classification"`
	StateHash      string          `json:"state_hash"`
}

type raceHeadDTO struct {
	ID      race.ID `json:"id"`
	Name    string  `json:"name"`
	Circuit string  `json:"circuit"`
	Laps    int     `json:"laps"`
}

// lapDTO is a lap, in the words of OpenF1. lap_duration is in seconds, as it is there.
type lapDTO struct {
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

func newLap(l race.Lap, who race.Entry) lapDTO {
	some := func(ms int64) *int64 {
		if ms <= 0 {
			return nil
		}
		return &ms
	}
	d := lapDTO{
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

type eventDTO struct {
	Kind         string   `json:"kind"`
	DriverNumber *int     `json:"driver_number"`
	LapNumber    int      `json:"lap_number"`
	TimeMS       int64    `json:"time_ms"`
	Value        int64    `json:"value"`
	Text         string   `json:"text"`
	Of           race.Seq `json:"of"` // record that it is about; 0 for the start, the chequered flag and the result
}

func newEvent(e race.Event, entries []race.Entry) eventDTO {
	d := eventDTO{Kind: e.Kind.String(), LapNumber: e.Lap, TimeMS: e.TimeMS, Value: e.Value, Text: e.Text, Of: e.Of}
	if e.Car >= 0 && int(e.Car) < len(entries) {
		d.DriverNumber = &entries[e.Car].Number
	}
	return d
}

// passingDTO is a passing on a timing line with its verdict.
type passingDTO struct {
	Seq          race.Seq `json:"seq"`
	DriverNumber *int     `json:"driver_number"` // null for an unknown car
	Line         int      `json:"line"`
	TimeUS       *int64   `json:"time_us"` // null: reported by date, and the start signal is still awaited
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

func newPassing(p race.PassingRow, entries []race.Entry) passingDTO {
	d := passingDTO{
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

type circuitDTO struct {
	Key       string  `json:"key"`
	Name      string  `json:"name"`
	LengthM   float64 `json:"length_m"`
	Character string  `json:"character"`
}

func newCircuitDTO(c *circuit.Circuit) circuitDTO {
	return circuitDTO{Key: c.Key, Name: c.Name, LengthM: c.Length(), Character: c.Character}
}

// circuitDetailDTO draws a circuit: points at equal steps of the lap, from the finish line on, in metres.
type circuitDetailDTO struct {
	circuitDTO
	Outline  [][2]float64 `json:"outline"`
	PitLane  [][2]float64 `json:"pit_lane"`
	PitEntry int          `json:"pit_entry_permyriad"`
	PitExit  int          `json:"pit_exit_permyriad"`
	Lines    []lineDTO    `json:"lines"`
}

// outlineStep is the distance between two points of an outline, in metres. A pit lane has pitPoints points.
const (
	outlineStep = 10
	pitPoints   = 40
)

func newCircuitDetail(c *circuit.Circuit) circuitDetailDTO {
	points := func(ps []circuit.Point) [][2]float64 {
		out := make([][2]float64, len(ps))
		for i, p := range ps {
			out[i] = [2]float64{decimetre(p.X), decimetre(p.Y)}
		}
		return out
	}
	d := circuitDetailDTO{
		circuitDTO: newCircuitDTO(c), Outline: points(c.Outline(max(100, int(c.Length()/outlineStep)))),
		PitLane: points(c.PitLane(pitPoints)), Lines: newLines(c.Lines),
	}
	for _, l := range c.Lines {
		switch l.Kind {
		case race.LinePitEntry:
			d.PitEntry = l.Permyriad
		case race.LinePitExit:
			d.PitExit = l.Permyriad
		case race.LineFinish, race.LineSector, race.LineMini, race.LineSpeedTrap:
		}
	}
	return d
}

func decimetre(v float64) float64 { return float64(int64(v*10+copysign(0.5, v))) / 10 }

func copysign(v, sign float64) float64 {
	if sign < 0 {
		return -v
	}
	return v
}

// orEmpty returns an empty list instead of nil, so that JSON has [] and not null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
