package gateway

import (
	"fmt"
	"reflect"
	"strings"

	"lightsout/race/view"

	"github.com/gofiber/fiber/v2"
	"github.com/graphql-go/graphql"

	"lightsout/race"
)

// types are the objects of the schema. They are made of the answers of REST, with names in camel case.
type types struct {
	race, circuit *graphql.Object
	shape         *shape // of race
}

// list is a list that may be null. If the answer has no room for it, the fields beside it stay.
func list(of graphql.Type) graphql.Output { return graphql.NewList(graphql.NewNonNull(of)) }

func newTypes(s *Server) types {
	circuit := graphql.NewObject(graphql.ObjectConfig{Name: "Circuit", Fields: fieldsOf(circuitDTO{})})
	fields := fieldsOf(raceDTO{})
	owner := func(p graphql.ResolveParams) race.ID {
		r, _ := p.Source.(raceDTO)
		return r.ID
	}
	add := func(name string, answer any, args graphql.FieldConfigArgument, get func(c *fiber.Ctx, p graphql.ResolveParams) (any, error)) {
		title := strings.ToUpper(name[:1]) + name[1:]
		object := graphql.NewObject(graphql.ObjectConfig{Name: title, Fields: fieldsOf(answer)})
		shape := shapeOf(title, reflect.TypeOf(answer))
		shape.derived = name == "difference" || name == "rulings" || name == "decoders"
		typ := list(object)
		if name == "classification" || name == "difference" {
			typ = object
		}
		fields[name] = &graphql.Field{Type: typ, Args: args, Resolve: s.writeResolver(shape, get)}
	}
	add("entries", race.Entry{}, nil, func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
		return s.entriesWithin(c.UserContext(), c, owner(p))
	})
	add("laps", view.Lap{}, graphql.FieldConfigArgument{
		"driverNumber": {Type: graphql.Int}, "position": {Type: graphql.Int}, "fromLap": {Type: graphql.Int}, "toLap": {Type: graphql.Int},
	}, func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) { return s.lapsByArgs(c, owner(p), p) })
	add("events", view.Event{}, nil, func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
		return s.eventsOf(c, owner(p))
	})
	add("passings", view.Passing{}, graphql.FieldConfigArgument{
		"after": {Type: graphql.Int}, "limit": {Type: graphql.Int}, "verdict": {Type: graphql.String},
	}, func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
		limit := min(max(1, intArg(p, "limit", 1000)), maxPassings)
		text, _ := p.Args["verdict"].(string)
		verdict, err := verdictOf(text)
		if err != nil {
			return nil, err
		}
		return s.passingsOf(c, owner(p), race.Seq(max(0, intArg(p, "after", 0))), limit, verdict)
	})
	add("classification", classificationDTO{}, graphql.FieldConfigArgument{
		"version": {Type: graphql.Int, Description: "From 1. 0, the default, is the newest version, or the order so far."},
	}, func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
		return s.versionOf(c, owner(p), max(0, intArg(p, "version", 0)))
	})
	add("results", versionDTO{}, nil, func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
		return s.resultsOf(c, owner(p))
	})
	add("difference", diffDTO{}, graphql.FieldConfigArgument{
		"from": {Type: graphql.NewNonNull(graphql.Int)}, "to": {Type: graphql.NewNonNull(graphql.Int)},
	}, func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
		return s.diffOf(c, owner(p), max(1, intArg(p, "from", 1)), max(1, intArg(p, "to", 1)))
	})
	add("rulings", rulingDTO{}, nil, func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
		return s.rulingsOf(c, owner(p))
	})
	add("decoders", decoderDTO{}, nil, func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
		return s.decodersOf(c, owner(p))
	})
	fields["telemetry"], fields["compare"] = s.telemetryField(owner), s.compareField(owner)
	return types{
		race: graphql.NewObject(graphql.ObjectConfig{Name: "Race", Fields: fields}), circuit: circuit, shape: shapeOf("Race", reflect.TypeFor[raceDTO]()),
	}
}

// lapsByArgs returns the laps that a field's arguments select.
func (s *Server) lapsByArgs(c *fiber.Ctx, id race.ID, p graphql.ResolveParams) (any, error) {
	entries, err := s.entriesOf(c, id)
	if err != nil {
		return nil, err
	}
	f := lapFilter{
		from: int64(intArg(p, "fromLap", 1)), to: int64(intArg(p, "toLap", race.LapsMax)), position: int64(intArg(p, "position", 0)),
	}
	if driver := intArg(p, "driverNumber", -1); driver >= 0 {
		car, err := carOf(id, entries, int64(driver))
		if err != nil {
			return nil, err
		}
		f.cars = []race.CarIdx{car}
	}
	return s.lapsOf(c, id, entries, f)
}

// fieldsOf makes fields of a struct's JSON tags, so that GraphQL has the fields of REST.
func fieldsOf(v any) graphql.Fields {
	fields := graphql.Fields{}
	t := reflect.TypeOf(v)
	for i := range t.NumField() {
		f := t.Field(i)
		tag, shown := fieldTag(f)
		if !shown {
			continue
		}
		fields[camel(tag)] = &graphql.Field{Type: scalar(f.Type), Resolve: func(p graphql.ResolveParams) (any, error) {
			got := reflect.ValueOf(p.Source).Field(i)
			if absent(got) {
				return nil, nil // null
			}
			if got.Kind() == reflect.String {
				if err := stateOf(p).budget.Answer(max(0, got.Len()-usualValueBytes)); err != nil {
					return nil, tooMuch
				}
			}
			if got.Kind() == reflect.Interface {
				return fmt.Sprint(got.Interface()), nil
			}
			return plainValue(reflect.Indirect(got)), nil
		}}
	}
	return fields
}

// fieldTag is the name of a field in JSON. The race of a result is left out: the result is a field of the race.
func fieldTag(f reflect.StructField) (tag string, shown bool) {
	tag, _, _ = strings.Cut(f.Tag.Get("json"), ",")
	return tag, tag != "" && tag != "-" && f.Name != "Race"
}

// objectName is the GraphQL name of a struct.
func objectName(t reflect.Type) string {
	return strings.TrimSuffix(strings.ToUpper(t.Name()[:1])+t.Name()[1:], "DTO")
}

// absent reports whether a value is null in an answer: a nil pointer, or a column that was not reported.
func absent(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return v.IsNil()
	case reflect.Slice:
		return v.IsNil() && isColumn(v.Type())
	default:
		return false
	}
}

// isColumn reports whether a list holds numbers.
func isColumn(t reflect.Type) bool {
	kind := t.Elem().Kind()
	return kind == reflect.Int32 || kind == reflect.Int64 || kind == reflect.Float64
}

// plainValue converts a value to a type that graphql-go knows. Its Int has 32 bits, so 64 bits become a float or text.
func plainValue(v reflect.Value) any {
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Int64:
		return float64(v.Int())
	case reflect.Int, reflect.Int32, reflect.Uint8:
		return int(reflect.ValueOf(v.Interface()).Convert(reflect.TypeFor[int]()).Int())
	default:
		return v.Interface()
	}
}

func scalar(t reflect.Type) graphql.Output {
	nullable := t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var out graphql.Output
	switch t.Kind() {
	case reflect.String, reflect.Interface:
		out = graphql.String
	case reflect.Bool:
		out = graphql.Boolean
	case reflect.Float64, reflect.Int64:
		out = graphql.Float
	case reflect.Uint64: // a seed may exceed what a float holds
		out = graphql.String
	case reflect.Slice:
		if isColumn(t) {
			return graphql.NewList(scalar(t.Elem()))
		}
		if t.Elem().Kind() == reflect.String {
			out = graphql.NewList(graphql.NewNonNull(graphql.String))
			break
		}
		out = graphql.NewList(graphql.NewNonNull(graphql.NewObject(graphql.ObjectConfig{
			Name:   objectName(t.Elem()),
			Fields: fieldsOf(reflect.Zero(t.Elem()).Interface()),
		})))
	case reflect.Struct:
		out = graphql.DateTime
	default:
		out = graphql.Int
	}
	if nullable {
		return out
	}
	return graphql.NewNonNull(out)
}

func camel(snake string) string {
	parts := strings.Split(snake, "_")
	for i := 1; i < len(parts); i++ {
		parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
	}
	return strings.Join(parts, "")
}
