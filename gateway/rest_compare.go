package gateway

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
	"lightsout/race/trace"
)

// defaultStep is the distance between two points of a comparison, in metres.
const defaultStep = 10

// comparisonDTO compares two laps by distance.
type comparisonDTO struct {
	LengthM  float64    `json:"length_m"`
	StepM    float64    `json:"step_m"`
	Distance []float64  `json:"distance"`
	A        profileDTO `json:"a"`
	B        profileDTO `json:"b"`
	// DeltaMS is how far B is behind A; negative if it is ahead.
	DeltaMS []int64 `json:"delta_ms"`
}

// profileDTO is a lap by distance. A column is null if the car did not report it.
type profileDTO struct {
	DriverNumber  int       `json:"driver_number"`
	NameAcronym   string    `json:"name_acronym"`
	LapNumber     int       `json:"lap_number"`
	LapDurationMS int64     `json:"lap_duration_ms"`
	Compound      string    `json:"compound"`
	TyreAge       int       `json:"tyre_age"`
	DistanceFrom  string    `json:"distance_from"`
	TimeMS        []int64   `json:"time_ms"`
	Speed         []float64 `json:"speed"`
	Throttle      []int32   `json:"throttle"`
	Brake         []int32   `json:"brake"`
	NGear         []int32   `json:"n_gear"`
}

func (s *Server) compare(c *fiber.Ctx) error {
	params, err := query(c, "a", "b", "step")
	if err != nil {
		return err
	}
	d, err := s.compareOf(c.UserContext(), raceID(c), params)
	if err != nil {
		return err
	}
	return c.JSON(d)
}

// compareWork is the work of comparing two laps at one point.
const compareWork = 8

// compareOf compares the laps a and b.
func (s *Server) compareOf(ctx context.Context, id race.ID, params map[string]string) (comparisonDTO, error) {
	roster, err := s.deps.Ingest.Roster(ctx, id)
	if err != nil {
		return comparisonDTO{}, err
	}
	var wrong faults
	step := float64(defaultStep)
	if text, given := params["step"]; given {
		if step, err = strconv.ParseFloat(text, 64); err != nil || !(step >= trace.StepMinM && step <= trace.StepMaxM) {
			wrong.add("step", fmt.Sprintf("is %q", text), fmt.Sprintf("%v to %v metres", trace.StepMinM, trace.StepMaxM))
		}
	}
	var cars [2]race.CarIdx
	var laps [2]int
	for i, field := range []string{"a", "b"} {
		cars[i], laps[i] = readLapOf(params[field], field, roster, &wrong)
	}
	if err := wrong.err(); err != nil {
		return comparisonDTO{}, err
	}
	course, err := courseOf(&roster.Race)
	if err != nil {
		return comparisonDTO{}, err
	}
	var driven [2]trace.Driven
	var timed [2]race.Lap
	for i := range driven {
		if driven[i], timed[i], err = s.driven(ctx, roster, cars[i], laps[i]); err != nil {
			return comparisonDTO{}, err
		}
	}
	if err := race.BudgetOf(ctx).Work(int(course.LengthM/step) * compareWork); err != nil {
		return comparisonDTO{}, err
	}
	c, err := trace.Compare(driven[0], driven[1], course.LengthM, step)
	if errors.Is(err, trace.ErrNoTelemetry) || errors.Is(err, trace.ErrNoDistance) {
		return comparisonDTO{}, fmt.Errorf("%w: %w", err, race.ErrNotFound)
	} else if err != nil {
		return comparisonDTO{}, fmt.Errorf("compare laps: %w", err)
	}
	d := comparisonDTO{LengthM: decimetre(c.LengthM), StepM: c.StepM, Distance: make([]float64, len(c.Distance)), DeltaMS: make([]int64, len(c.Delta))}
	d.A = newProfile(&c.A, roster.Entries[cars[0]], timed[0])
	d.B = newProfile(&c.B, roster.Entries[cars[1]], timed[1])
	for i, metres := range c.Distance {
		d.Distance[i] = decimetre(metres)
		d.DeltaMS[i] = d.B.TimeMS[i] - d.A.TimeMS[i]
	}
	return d, nil
}

// readLapOf parses a car and its lap, like 44:12.
func readLapOf(text, field string, roster *race.Roster, wrong *faults) (race.CarIdx, int) {
	first, second, _ := strings.Cut(text, ":")
	n, ok := wholeNumber(first)
	lap, isLap := wholeNumber(second)
	car, known := roster.Numbers[n]
	if !ok || !known || !isLap || lap < 1 || lap > race.LapsMax {
		wrong.add(field, fmt.Sprintf("is %q", text), "a car of this race and one of its laps, like 44:12")
	}
	return car, lap
}

// wholeNumber parses a number from 0 on.
func wholeNumber(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0
}

// driven reads a car's lap with its telemetry.
func (s *Server) driven(ctx context.Context, roster *race.Roster, car race.CarIdx, number int) (trace.Driven, race.Lap, error) {
	leave, err := s.traces.Enter(ctx)
	if err != nil {
		return trace.Driven{}, race.Lap{}, err
	}
	defer leave()
	id := roster.Race.ID
	laps, err := s.deps.History.Laps(ctx, id, car)
	if err != nil {
		return trace.Driven{}, race.Lap{}, err
	}
	d, timed := trace.Driven{}, race.Lap{}
	for _, l := range trace.LapsOf(laps) {
		if l.Number == number {
			d.Lap = l
		}
	}
	for _, l := range laps {
		if l.Number == number {
			timed = l
		}
	}
	if d.Lap.Number == 0 {
		return d, timed, fmt.Errorf("lap %d of car %d in race %s: %w", number, roster.Entries[car].Number, id, race.ErrNotFound)
	}
	d.Trace, err = s.deps.Telemetry.Trace(ctx, race.TraceQuery{
		Race: id, Car: car, From: d.Lap.From, To: d.Lap.To, Channels: append(trace.Needs([]race.Channel{trace.Distance}),
			race.ChannelThrottle, race.ChannelBrake, race.ChannelGear),
	})
	if err != nil {
		return d, timed, fmt.Errorf("read lap %d of car %d: %w", number, roster.Entries[car].Number, err)
	}
	return d, timed, nil
}

func newProfile(p *trace.Profile, who race.Entry, lap race.Lap) profileDTO {
	d := profileDTO{
		DriverNumber: who.Number, NameAcronym: who.Code, LapNumber: lap.Number, LapDurationMS: lap.DurationMS,
		Compound: lap.Tyre.String(), TyreAge: lap.TyreAgeLaps, DistanceFrom: p.From.String(),
		TimeMS: make([]int64, len(p.Time)), Throttle: p.Throttle, Brake: p.Brake, NGear: p.NGear,
	}
	for i, t := range p.Time {
		d.TimeMS[i] = t.Millis()
	}
	if p.Speed != nil {
		d.Speed = make([]float64, len(p.Speed))
		for i, v := range p.Speed {
			d.Speed[i] = float64(v) / 10
		}
	}
	return d
}
