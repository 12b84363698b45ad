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

// Limits of telemetry over GraphQL, which does not stream.
const (
	maxGraphQLCars   = 10
	maxGraphQLPoints = 5_000
)

// tracedCar is one car of an answer.
type tracedCar struct {
	*trace.Car
	head *trace.Head
}

// telemetryField is the telemetry of a race's cars, with the arguments of REST.
func (s *Server) telemetryField(owner func(graphql.ResolveParams) race.ID) *graphql.Field {
	return &graphql.Field{
		Type: list(telemetryObject()), Description: "The telemetry of cars, thinned to the given number of points per car.",
		Args: graphql.FieldConfigArgument{
			"cars":     {Type: graphql.NewList(graphql.NewNonNull(graphql.Int)), Description: "Their numbers, " + strconv.Itoa(maxGraphQLCars) + " at most."},
			"channels": {Type: graphql.NewList(graphql.NewNonNull(graphql.String)), Description: "date, " + strings.Join(trace.Names(), ", ") + "."},
			"laps":     {Type: graphql.String, Description: "12, 12-14 or 12-."},
			"from":     {Type: graphql.String, Description: "Race time like 12m30.5s, or a date."}, "to": {Type: graphql.String},
			"every": {Type: graphql.String, Description: "One sample per interval, like 500ms."}, "points": {Type: graphql.Int},
		},
		Resolve: s.writeResolver(telemetryShape(), func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
			t, err := s.newTracer(c.UserContext(), owner(p), textArgs(p), maxGraphQLCars, maxGraphQLPoints)
			if err != nil {
				return nil, err
			}
			for _, column := range stateOf(p).planOf(nil, p.Info).fields {
				if column.column {
					t.pointWork += earnedWork(len("0,"))
				}
			}
			var out []tracedCar
			for _, car := range t.query.cars {
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

// textArgs returns a field's arguments as they would stand in a URL.
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

// telemetryColumn is a field of a car's telemetry: a column or a single value.
type telemetryColumn struct {
	typ   graphql.Output
	write func(b []byte, car tracedCar) []byte
}

// telemetryColumns are the fields of a car's telemetry. A column that was not asked for, or not reported, is null.
func telemetryColumns() map[string]telemetryColumn {
	number, text := graphql.NewNonNull(graphql.Int), graphql.NewNonNull(graphql.String)
	columns := map[string]telemetryColumn{
		"driver_number": {number, func(b []byte, car tracedCar) []byte { return strconv.AppendInt(b, int64(car.Number), 10) }},
		"name_acronym":  {text, func(b []byte, car tracedCar) []byte { return appendText(b, car.Code) }},
		"samples":       {number, func(b []byte, car tracedCar) []byte { return strconv.AppendInt(b, int64(car.Read), 10) }},
		"distance_from": {text, func(b []byte, car tracedCar) []byte { return appendText(b, car.From.String()) }},
		"time_ms": {list(graphql.Float), func(b []byte, car tracedCar) []byte {
			return appendList(b, len(car.Time), func(b []byte, i int) []byte { return strconv.AppendInt(b, car.Time[i].Millis(), 10) })
		}},
		"date": {graphql.NewList(graphql.String), func(b []byte, car tracedCar) []byte {
			if !car.head.Dates {
				return append(b, "null"...)
			}
			return appendList(b, len(car.Time), func(b []byte, i int) []byte { return append(appendDate(append(b, '"'), car.head, car.Time[i]), '"') })
		}},
	}
	for _, c := range trace.Shown() {
		columns[trace.Name(c)] = telemetryColumn{graphql.NewList(graphql.Float), func(b []byte, car tracedCar) []byte {
			if car.Values[c] == nil {
				return append(b, "null"...)
			}
			return appendList(b, len(car.Values[c]), func(b []byte, i int) []byte {
				if car.Values[c][i] == race.Unknown {
					return append(b, "null"...)
				}
				return appendValue(b, c, car.Values[c][i])
			})
		}}
	}
	return columns
}

func telemetryObject() *graphql.Object {
	fields := graphql.Fields{}
	for name, column := range telemetryColumns() {
		fields[camel(name)] = &graphql.Field{Type: column.typ}
	}
	return graphql.NewObject(graphql.ObjectConfig{Name: "Telemetry", Fields: fields})
}

func telemetryShape() *shape {
	s := &shape{name: "Telemetry", fields: map[string]fieldShape{}, derived: true}
	for name, column := range telemetryColumns() {
		_, isColumn := column.typ.(*graphql.List)
		s.fields[camel(name)] = fieldShape{minBytes: 1, usualBytes: 1, column: isColumn, write: func(b []byte, object reflect.Value) []byte {
			car, _ := object.Interface().(tracedCar)
			return column.write(b, car)
		}}
	}
	return s
}

// compareField compares two laps by distance.
func (s *Server) compareField(owner func(graphql.ResolveParams) race.ID) *graphql.Field {
	lap := &graphql.ArgumentConfig{Type: graphql.NewNonNull(graphql.String), Description: "A car and one of its laps, like 44:12."}
	profile := graphql.NewNonNull(graphql.NewObject(graphql.ObjectConfig{Name: "Profile", Fields: fieldsOf(profileDTO{})}))
	fields := fieldsOf(comparisonDTO{})
	for _, name := range []string{"a", "b"} {
		fields[name] = &graphql.Field{Type: profile, Resolve: fields[name].Resolve}
	}
	return &graphql.Field{
		Type:        graphql.NewObject(graphql.ObjectConfig{Name: "Comparison", Fields: fields}),
		Description: "Compares two laps by distance; deltaMs is how far b is behind a.",
		Args:        graphql.FieldConfigArgument{"a": lap, "b": lap, "step": {Type: graphql.Float, Description: "Metres, 10 by default."}},
		Resolve: s.writeResolver(shapeOf("Comparison", reflect.TypeFor[comparisonDTO]()), func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
			return s.compareOf(c.UserContext(), owner(p), textArgs(p))
		}),
	}
}
