package gateway

import (
	"encoding/json"
	"time"

	"lightsout/race/view"

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
	// Setup is what was given of a simulation's model and entries and differs from the defaults; null if nothing was.
	Setup json.RawMessage `json:"setup"`
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

type classificationDTO struct {
	Race           raceHeadDTO       `json:"race"`
	Final          bool              `json:"final"`
	Version        int               `json:"version"` // 0: the order so far
	Status         string            `json:"status"`
	Author         string            `json:"author"` // of the version
	Reason         string            `json:"reason"`
	Classification []view.Classified `json:"classification"`
	StateHash      string            `json:"state_hash"`
}

type raceHeadDTO struct {
	ID      race.ID `json:"id"`
	Name    string  `json:"name"`
	Circuit string  `json:"circuit"`
	Laps    int     `json:"laps"`
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
