package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/race/trace"
)

// Limits of an answer with telemetry.
const (
	maxTracedCars = 50      // cars
	maxPoints     = 100_000 // of a car
	defaultPoints = 2_000   // what a chart can show
	// maxTraces is how many cars are read at once, whoever asks: what that takes in memory is bounded by it.
	maxTraces = 4
)

// tracer reads the telemetry that somebody asked for, car by car.
type tracer struct {
	server *Server
	roster *race.Roster
	course trace.Course
	query  telemetryQuery
	head   trace.Head
	// pointPays is the work that a point of an answer pays for at the least, where there is a budget.
	pointPays int
}

// telemetry is what cars reported, or what simulated cars did: thinned to what a chart shows, streamed car by car.
func (s *Server) telemetry(c *fiber.Ctx) error {
	params, err := query(c, append(slices.Clone(telemetryParams), "format")...)
	if err != nil {
		return err
	}
	format, err := formatOf(c, params["format"])
	if err != nil {
		return err
	}
	t, err := s.newTracer(c.UserContext(), raceID(c), params, maxTracedCars, maxPoints)
	if err != nil {
		return err
	}
	t.head.Dates = t.head.Dates || format == formatCSV && t.query.all && t.head.StartedAt != 0
	var first *trace.Car
	if len(t.query.cars) > 0 { // what goes wrong here can still be said
		ctx, cancel := context.WithTimeout(c.UserContext(), maxWait)
		defer cancel()
		if first, err = t.car(ctx, t.query.cars[0]); err != nil {
			return err
		}
	}
	return s.stream(c, format, t, first)
}

// newTracer reads what is asked for and looks up whose it is.
func (s *Server) newTracer(ctx context.Context, id race.ID, params map[string]string, carsMost, pointsMost int) (*tracer, error) {
	roster, err := s.deps.Ingest.Roster(ctx, id)
	if err != nil {
		return nil, err
	}
	ask, err := readTelemetryQuery(params, roster, carsMost, pointsMost)
	if err != nil {
		return nil, err
	}
	course, err := courseOf(&roster.Race)
	if err != nil {
		return nil, err
	}
	return &tracer{server: s, roster: roster, course: course, query: ask, head: trace.Head{
		Race: id, StartedAt: roster.StartedAt, Channels: ask.channels, Dates: ask.dates, Cars: len(ask.cars),
	}}, nil
}

// courseOf is where a race is driven: nothing is known of it where only the timing lines are.
func courseOf(r *race.Race) (trace.Course, error) {
	if r.CircuitText == "" {
		return trace.Course{}, nil
	}
	one, err := circuit.Parse(r.Circuit, strings.NewReader(r.CircuitText))
	if err != nil {
		return trace.Course{}, fmt.Errorf("read the circuit of race %s: %w", r.ID, err)
	}
	return trace.Course{LengthM: one.Length(), At: one.At}, nil
}

// thinWork is the work of ten samples of a channel, which are gathered, and thinned in a few rounds.
const thinWork = 3

// car reads the telemetry of one car, piece by piece, and thins it.
func (t *tracer) car(ctx context.Context, car race.CarIdx) (*trace.Car, error) {
	leave, err := t.server.traces.Enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	laps, err := t.server.deps.History.Laps(ctx, t.roster.Race.ID, car)
	if err != nil {
		return nil, err
	}
	course := t.course
	course.Laps = trace.LapsOf(laps)
	from, to, driven := t.query.from, t.query.to, true
	if t.query.firstLap > 0 {
		from, to, driven = trace.Stretch(course.Laps, t.query.firstLap, t.query.lastLap)
	}
	g := trace.Gatherer{Every: t.query.every, Points: t.query.points}
	entry := t.roster.Entries[car]
	out := &trace.Car{Number: entry.Number, Code: entry.Code}
	if !driven {
		return out, nil
	}
	for _, span := range trace.Spans(course.Laps, from, to) {
		piece, err := t.server.deps.Telemetry.Trace(ctx, race.TraceQuery{
			Race: t.roster.Race.ID, Car: car, From: span.From, To: span.To, Channels: trace.Needs(t.query.channels),
		})
		if err != nil {
			return nil, fmt.Errorf("read the telemetry of car %d: %w", entry.Number, err)
		}
		series := trace.Derive(piece, &course, t.query.channels)
		g.Add(series.Cut(from, to))
	}
	budget := race.BudgetOf(ctx)
	budget.Expect(min(g.Len(), t.query.points) * t.pointPays)
	if err := budget.Work(g.Len() * (2 + len(t.query.channels)) * thinWork / 10); err != nil {
		return nil, fmt.Errorf("thin the telemetry of car %d: %w", entry.Number, err)
	}
	out.Series, out.Read = g.Done()
	return out, nil
}

// telemetryParams are those that both REST and GraphQL take.
var telemetryParams = []string{"cars", "channels", "laps", "from", "to", "every", "points"}

// telemetryQuery is what somebody wants to see.
type telemetryQuery struct {
	cars              []race.CarIdx
	channels          []race.Channel
	all               bool // no channels were named
	dates             bool
	firstLap, lastLap int // 0: from and to hold
	from, to          race.Micros
	every             race.Micros
	points            int
}

func readTelemetryQuery(params map[string]string, roster *race.Roster, carsMost, pointsMost int) (telemetryQuery, error) {
	var wrong faults
	ask := telemetryQuery{to: race.TimeMax}
	ask.cars = readCars(params["cars"], roster, carsMost, &wrong)
	ask.readChannels(params["channels"], roster, &wrong)
	if text, given := params["laps"]; given {
		var ok bool
		if ask.firstLap, ask.lastLap, ok = parseLaps(text); !ok {
			wrong.add("laps", fmt.Sprintf("is %q", text), fmt.Sprintf("a lap, or the first and the last like 12-14, from 1 to %d", race.LapsMax))
		}
		if params["from"] != "" || params["to"] != "" {
			wrong.add("laps", "is given beside from or to", "one of the two")
		}
	}
	moment := func(field string, to *race.Micros) {
		if text, given := params[field]; given {
			at, ok := parseMoment(text, roster.StartedAt)
			if *to = at; !ok {
				wrong.add(field, fmt.Sprintf("is %q", text), "race time like 12m30.5s, or a date like 2026-05-24T13:03:12Z where the race was started")
			}
		}
	}
	moment("from", &ask.from)
	moment("to", &ask.to)
	if text, given := params["every"]; given {
		d, err := time.ParseDuration(text)
		if ask.every = race.Micros(d.Microseconds()); err != nil || d < time.Millisecond || d > time.Hour {
			wrong.add("every", fmt.Sprintf("is %q", text), "1ms to 1h")
		}
	}
	usual := int64(min(defaultPoints, pointsMost))
	if ask.every > 0 {
		usual = int64(pointsMost)
	}
	points, err := number(params, "points", int64(trace.PointsMin), int64(pointsMost), usual)
	var invalid *race.InvalidError
	if errors.As(err, &invalid) {
		wrong = append(wrong, invalid.Faults...)
	}
	ask.points = int(points)
	return ask, wrong.err()
}

// readCars are the cars of a list of their numbers; all where there is none and they are not too many.
func readCars(text string, roster *race.Roster, most int, wrong *faults) []race.CarIdx {
	allowed := fmt.Sprintf("up to %d numbers of cars in this race, like 1,44", most)
	if text == "" {
		if len(roster.Entries) > most {
			wrong.add("cars", fmt.Sprintf("is missing, and this race has %d", len(roster.Entries)), allowed)
		}
		out := make([]race.CarIdx, min(len(roster.Entries), most))
		for i := range out {
			out[i] = race.CarIdx(i)
		}
		return out
	}
	var out []race.CarIdx
	for _, word := range strings.Split(text, ",") {
		n, ok := wholeNumber(strings.TrimSpace(word))
		car, known := roster.Numbers[n]
		switch {
		case !ok || !known:
			wrong.add("cars", fmt.Sprintf("has %q", word), allowed)
			return nil
		case !slices.Contains(out, car):
			out = append(out, car)
		}
		if len(out) > most {
			wrong.add("cars", fmt.Sprintf("has more than %d", most), allowed)
			return nil
		}
	}
	return out
}

func (a *telemetryQuery) readChannels(text string, roster *race.Roster, wrong *faults) {
	if text == "" {
		a.channels, a.all = trace.Shown(), true
		return
	}
	for _, word := range strings.Split(text, ",") {
		word = strings.TrimSpace(word)
		if word == "date" {
			if a.dates = true; roster.StartedAt == 0 {
				wrong.add("channels", "has date, but the race was not started", strings.Join(trace.Names(), ", "))
			}
			continue
		}
		channel, err := trace.Parse(word)
		if err != nil {
			wrong.add("channels", fmt.Sprintf("has %q", word), "date, "+strings.Join(trace.Names(), ", "))
			return
		}
		if !slices.Contains(a.channels, channel) {
			a.channels = append(a.channels, channel)
		}
	}
}

// parseLaps reads "12", "12-14" or "12-", which has no end.
func parseLaps(text string) (first, last int, ok bool) {
	from, to, stretch := strings.Cut(text, "-")
	first, ok = wholeNumber(from)
	last = first
	if stretch {
		last = race.LapsMax
		if to != "" {
			last, stretch = wholeNumber(to)
			ok = ok && stretch
		}
	}
	return first, last, ok && first >= 1 && last >= first && last <= race.LapsMax
}

// parseMoment reads race time, or a date.
func parseMoment(text string, startedAt int64) (race.Micros, bool) {
	if d, err := time.ParseDuration(text); err == nil {
		at := race.Micros(d.Microseconds())
		return at, at >= 0 && at <= race.TimeMax
	}
	date, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || startedAt == 0 {
		return 0, false
	}
	since := race.Micros(date.Sub(time.Unix(0, startedAt)).Microseconds())
	return min(max(since, 0), race.TimeMax), true
}
