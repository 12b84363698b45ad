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
	defaultPoints = 2_000   // enough for a chart
	// maxTraces bounds how many cars are read at once, over all requests: they are read in memory.
	maxTraces = 4
)

// tracer reads the telemetry of a query car by car.
type tracer struct {
	server *Server
	roster *race.Roster
	course trace.Course
	query  telemetryQuery
	head   trace.Head
	// pointWork is the work that a point of the answer pays for at the least, in a query with a budget.
	pointWork int
}

// telemetry streams the telemetry of cars, simulated or real, thinned to what a chart shows.
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
	if len(t.query.cars) > 0 { // a failure of the first car is still answered with a problem
		ctx, cancel := context.WithTimeout(c.UserContext(), maxWait)
		defer cancel()
		if first, err = t.car(ctx, t.query.cars[0]); err != nil {
			return err
		}
	}
	return s.stream(c, format, t, first)
}

// newTracer parses the parameters of a query.
func (s *Server) newTracer(ctx context.Context, id race.ID, params map[string]string, maxCars, maxPoints int) (*tracer, error) {
	roster, err := s.deps.Ingest.Roster(ctx, id)
	if err != nil {
		return nil, err
	}
	ask, err := readTelemetryQuery(params, roster, maxCars, maxPoints)
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

// courseOf returns the course of a race, empty if only its timing lines are known.
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

// thinWork is the work of gathering and thinning ten samples of a channel.
const thinWork = 3

// car reads the telemetry of one car span by span, and thins it.
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
	budget.Expect(min(g.Len(), t.query.points) * t.pointWork)
	if err := budget.Work(g.Len() * (2 + len(t.query.channels)) * thinWork / 10); err != nil {
		return nil, fmt.Errorf("thin the telemetry of car %d: %w", entry.Number, err)
	}
	out.Series, out.Read = g.Done()
	return out, nil
}

// telemetryParams are the parameters of REST and GraphQL.
var telemetryParams = []string{"cars", "channels", "laps", "from", "to", "every", "points"}

// telemetryQuery selects telemetry.
type telemetryQuery struct {
	cars              []race.CarIdx
	channels          []race.Channel
	all               bool // no channels were named
	dates             bool
	firstLap, lastLap int // 0: from and to count
	from, to          race.Micros
	every             race.Micros
	points            int
}

func readTelemetryQuery(params map[string]string, roster *race.Roster, maxCars, maxPoints int) (telemetryQuery, error) {
	var wrong faults
	ask := telemetryQuery{to: race.TimeMax}
	ask.cars = readCars(params["cars"], roster, maxCars, &wrong)
	ask.readChannels(params["channels"], roster, &wrong)
	if text, given := params["laps"]; given {
		var ok bool
		if ask.firstLap, ask.lastLap, ok = parseLaps(text); !ok {
			wrong.add("laps", fmt.Sprintf("is %q", text), fmt.Sprintf("a lap, or the first and the last like 12-14, from 1 to %d", race.LapsMax))
		}
		if params["from"] != "" || params["to"] != "" {
			wrong.add("laps", "is given together with from or to", "one of the two")
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
	usual := int64(min(defaultPoints, maxPoints))
	if ask.every > 0 {
		usual = int64(maxPoints)
	}
	points, err := number(params, "points", int64(trace.PointsMin), int64(maxPoints), usual)
	var invalid *race.InvalidError
	if errors.As(err, &invalid) {
		wrong = append(wrong, invalid.Faults...)
	}
	ask.points = int(points)
	return ask, wrong.err()
}

// readCars parses a list of car numbers. An empty list selects all cars, up to maxCars.
func readCars(text string, roster *race.Roster, limit int, wrong *faults) []race.CarIdx {
	allowed := fmt.Sprintf("up to %d numbers of cars in this race, like 1,44", limit)
	if text == "" {
		if len(roster.Entries) > limit {
			wrong.add("cars", fmt.Sprintf("is missing, and this race has %d", len(roster.Entries)), allowed)
		}
		out := make([]race.CarIdx, min(len(roster.Entries), limit))
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
		if len(out) > limit {
			wrong.add("cars", fmt.Sprintf("has more than %d", limit), allowed)
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

// parseLaps parses "12", "12-14" or "12-", which has no end.
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

// parseMoment parses race time, or a date.
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
