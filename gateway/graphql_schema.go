package gateway

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/graphql-go/graphql"

	"lightsout/race"
)

func (s *Server) newSchema() (graphql.Schema, error) {
	types := newTypes(s)
	return graphql.NewSchema(graphql.SchemaConfig{
		Query:    graphql.NewObject(graphql.ObjectConfig{Name: "Query", Fields: s.queries(types)}),
		Mutation: graphql.NewObject(graphql.ObjectConfig{Name: "Mutation", Fields: s.mutations(types)}),
	})
}

func (s *Server) queries(t types) graphql.Fields {
	text := graphql.NewNonNull(graphql.String)
	circuits := shapeOf("Circuit", reflect.TypeFor[circuitDTO]())
	return graphql.Fields{
		"races": {
			Type: list(t.race), Description: "All races, newest first.",
			Args: graphql.FieldConfigArgument{"status": {Type: graphql.String}},
			Resolve: s.objectResolver(t.shape, func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
				status, _ := p.Args["status"].(string)
				return s.races(c, status)
			}),
		},
		"race": {
			Type: t.race, Args: graphql.FieldConfigArgument{"id": {Type: text}},
			Resolve: s.objectResolver(t.shape, func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
				r, err := s.deps.History.Summary(c.UserContext(), idArg(p))
				return newRaceDTO(r), err
			}),
		},
		"circuits": {Type: list(t.circuit), Resolve: s.writeResolver(circuits, func(c *fiber.Ctx, _ graphql.ResolveParams) (any, error) {
			all, err := s.allCircuits(c.UserContext())
			return circuitDTOs(all), err
		})},
		"circuit": {
			Type: t.circuit, Args: graphql.FieldConfigArgument{"key": {Type: text}},
			Resolve: s.writeResolver(circuits, func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
				key, _ := p.Args["key"].(string)
				one, err := s.findCircuit(c.UserContext(), key)
				if err != nil {
					return nil, err
				}
				return newCircuitDTO(one), nil
			}),
		},
	}
}

func (s *Server) mutations(t types) graphql.Fields {
	fields := s.rulingMutations()
	for name, field := range s.raceMutations(t) {
		fields[name] = field
	}
	return fields
}

func (s *Server) raceMutations(t types) graphql.Fields {
	return graphql.Fields{
		"startRace": {
			Type: t.race, Description: "Makes a simulated race and starts it.",
			Args: graphql.FieldConfigArgument{
				"circuit": {Type: graphql.NewNonNull(graphql.String)}, "cars": {Type: graphql.Int}, "laps": {Type: graphql.Int},
				"seed":  {Type: graphql.String, Description: "A whole number from 0 to 2^64-1, as text."},
				"speed": {Type: graphql.Float}, "name": {Type: graphql.String},
			},
			Resolve: s.objectResolver(t.shape, s.auditedField(func(graphql.ResolveParams) string { return actRaceCreated }, s.startRace)),
		},
		"controlRace": {
			Type: t.race,
			Args: graphql.FieldConfigArgument{
				"id": {Type: graphql.NewNonNull(graphql.String)},
				"action": {Type: graphql.NewNonNull(graphql.NewEnum(graphql.EnumConfig{
					Name: "Control", Values: graphql.EnumValueConfigMap{
						"start": {Value: race.ControlStart}, "pause": {Value: race.ControlPause},
						"resume": {Value: race.ControlResume}, "stop": {Value: race.ControlStop},
					},
				}))},
			},
			Resolve: s.objectResolver(t.shape, s.auditedField(
				func(p graphql.ResolveParams) string { return actControl[controlArg(p)] },
				func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
					r, err := s.deps.Races.Control(c.UserContext(), idArg(p), controlArg(p), race.Now)
					return newRaceDTO(r), err
				})),
		},
	}
}

func controlArg(p graphql.ResolveParams) race.Control {
	what, _ := p.Args["action"].(race.Control)
	return what
}

func (s *Server) startRace(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
	o := defaultOrder()
	o.Circuit, _ = p.Args["circuit"].(string)
	o.Name, _ = p.Args["name"].(string)
	o.Cars, o.Laps = intArg(p, "cars", o.Cars), intArg(p, "laps", o.Laps)
	if v, ok := p.Args["speed"].(float64); ok {
		o.Speed = v
	}
	if text, ok := p.Args["seed"].(string); ok {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return nil, &race.InvalidError{Faults: []race.Fault{{
				Field: "seed", Message: fmt.Sprintf("is %q", text), Allowed: "a whole number from 0 to 2^64-1",
			}}}
		}
		o.Seed = seed
	}
	return s.create(c, o, nil)
}

func idArg(p graphql.ResolveParams) race.ID {
	id, _ := p.Args["id"].(string)
	return race.ID(id)
}

func intArg(p graphql.ResolveParams, name string, fallback int) int {
	if v, ok := p.Args[name].(int); ok {
		return v
	}
	return fallback
}
