package gateway

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/graphql-go/graphql"

	"lightsout/race"
	"lightsout/race/trace"
)

// Limits of telemetry over GraphQL, which makes a value of each number and cannot stream.
const (
	graphQLCars   = 10
	graphQLPoints = 5_000
)

// tracedCar is one car in an answer.
type tracedCar struct {
	*trace.Car
	head *trace.Head
}

// telemetryField is the telemetry of a race's cars, asked for as in REST.
func (s *Server) telemetryField(owner func(graphql.ResolveParams) race.ID) *graphql.Field {
	return &graphql.Field{
		Type: list(telemetryObject()), Description: "What cars reported, thinned to so many points of each car.",
		Args: graphql.FieldConfigArgument{
			"cars":     {Type: graphql.NewList(graphql.NewNonNull(graphql.Int)), Description: "Their numbers, " + strconv.Itoa(graphQLCars) + " at most."},
			"channels": {Type: graphql.NewList(graphql.NewNonNull(graphql.String)), Description: "date, " + strings.Join(trace.Names(), ", ") + "."},
			"laps":     {Type: graphql.String, Description: "12, 12-14 or 12-."},
			"from":     {Type: graphql.String, Description: "Race time like 12m30.5s, or a date."}, "to": {Type: graphql.String},
			"every": {Type: graphql.String, Description: "One sample of each such while, like 500ms."}, "points": {Type: graphql.Int},
		},
		Resolve: s.resolve(func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
			t, err := s.newTracer(c.UserContext(), owner(p), textArgs(p), graphQLCars, graphQLPoints)
			if err != nil {
				return nil, err
			}
			var out []tracedCar
			for _, car := range t.ask.cars {
				one, err := t.car(c.UserContext(), car)
				if err != nil {
					return nil, err
				}
				out = append(out, tracedCar{one, &t.head})
			}
			return out, nil
		}),
	}
}

// textArgs are a field's arguments as they stand in a URL.
func textArgs(p graphql.ResolveParams) map[string]string {
	out := map[string]string{}
	for name, v := range p.Args {
		switch v := v.(type) {
		case string:
			out[name] = v
		case int:
			out[name] = strconv.Itoa(v)
		case float64:
			out[name] = strconv.FormatFloat(v, 'g', -1, 64)
		case []any:
			words := make([]string, len(v))
			for i, one := range v {
				if n, is := one.(int); is {
					words[i] = strconv.Itoa(n)
				} else {
					words[i], _ = one.(string)
				}
			}
			out[name] = strings.Join(words, ",")
		}
	}
	return out
}

// telemetryObject has the columns of a car; a column that was not asked for, or that nobody knows, is null.
func telemetryObject() *graphql.Object {
	fields := graphql.Fields{}
	add := func(name string, of graphql.Output, get func(car tracedCar) any) {
		fields[camel(name)] = &graphql.Field{Type: of, Resolve: func(p graphql.ResolveParams) (any, error) {
			car, _ := p.Source.(tracedCar)
			v := get(car)
			return v, payForList(p, reflect.ValueOf(v))
		}}
	}
	add("driver_number", graphql.NewNonNull(graphql.Int), func(car tracedCar) any { return car.Number })
	add("name_acronym", graphql.NewNonNull(graphql.String), func(car tracedCar) any { return car.Code })
	add("samples", graphql.NewNonNull(graphql.Int), func(car tracedCar) any { return car.Read })
	add("distance_from", graphql.NewNonNull(graphql.String), func(car tracedCar) any { return car.From.String() })
	add("time_ms", list(graphql.Float), func(car tracedCar) any {
		return column(car.Time, func(t race.Micros) any { return float64(t.Millis()) })
	})
	add("date", graphql.NewList(graphql.String), func(car tracedCar) any {
		if !car.head.Dates {
			return nil
		}
		return column(car.Time, func(t race.Micros) any { return string(appendDate(nil, car.head, t)) })
	})
	for _, c := range trace.Shown() {
		add(trace.Name(c), graphql.NewList(graphql.Float), func(car tracedCar) any {
			if car.Values[c] == nil {
				return nil
			}
			return column(car.Values[c], func(v int32) any {
				switch {
				case v == race.Unknown:
					return nil
				case trace.Tenths(c):
					return float64(v) / 10
				}
				return float64(v)
			})
		})
	}
	return graphql.NewObject(graphql.ObjectConfig{Name: "Telemetry", Fields: fields})
}

func column[T any](values []T, show func(T) any) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = show(v)
	}
	return out
}

// compareField is two laps by distance.
func (s *Server) compareField(owner func(graphql.ResolveParams) race.ID) *graphql.Field {
	lap := &graphql.ArgumentConfig{Type: graphql.NewNonNull(graphql.String), Description: "A car and one of its laps, like 44:12."}
	profile := graphql.NewNonNull(graphql.NewObject(graphql.ObjectConfig{Name: "Profile", Fields: fieldsOf(profileDTO{})}))
	fields := fieldsOf(comparisonDTO{})
	for _, name := range []string{"a", "b"} {
		fields[name] = &graphql.Field{Type: profile, Resolve: fields[name].Resolve}
	}
	return &graphql.Field{
		Type:        graphql.NewObject(graphql.ObjectConfig{Name: "Comparison", Fields: fields}),
		Description: "Two laps by distance; deltaMs is how much later b is than a.",
		Args:        graphql.FieldConfigArgument{"a": lap, "b": lap, "step": {Type: graphql.Float, Description: "Metres, 10 where it is missing."}},
		Resolve: s.resolve(func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
			return s.compareOf(c.UserContext(), owner(p), textArgs(p))
		}),
	}
}
