package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/gqlerrors"
	"github.com/graphql-go/graphql/language/ast"

	"lightsout/race"
)

// Limits of what a GraphQL request may take once it runs.
const (
	graphQLBody   = 64 << 10
	graphQLAnswer = 4 << 20
	graphQLTime   = 10 * time.Second
	graphQLAtOnce = 4
	graphQLWait   = 2 * time.Second
	faultsShown   = 20
)

// graphQLRequest is the body of a GraphQL request.
type graphQLRequest struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"`
}

// graphql answers POST, and GET and HEAD where nothing may change.
func (s *Server) graphql(c *fiber.Ctx) error {
	var req graphQLRequest
	readOnly := c.Method() != fiber.MethodPost
	if readOnly {
		if site := c.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
			return refuse(fiber.StatusForbidden, "a page of another host may not ask this: allowed are this server's own pages")
		}
		req.Query, req.OperationName = strings.Clone(c.Query("query")), strings.Clone(c.Query("operationName"))
		if v := c.Query("variables"); v != "" {
			if err := json.Unmarshal([]byte(v), &req.Variables); err != nil {
				return refuse(fiber.StatusBadRequest, "variables are no JSON object: "+err.Error())
			}
		}
	} else if err := s.bodies.JSON(c, &req, graphQLBody); err != nil {
		return err
	}
	query, err := s.price(req.Query, readOnly)
	if errors.Is(err, errMutationByGet) {
		c.Set(fiber.HeaderAllow, fiber.MethodPost)
	}
	if err == nil {
		err = boundedVariables(req.Variables)
	}
	if err != nil {
		return err
	}
	if query.wrong == nil {
		if query.wrong, err = s.validate(query); err != nil {
			return err
		}
	}
	if n := len(query.wrong); n > 0 {
		return c.JSON(graphql.Result{Errors: query.wrong[:min(n, faultsShown)]})
	}
	return s.run(c, &req, query)
}

// validate gives what is wrong with a query by the schema. What graphql-go takes for a query and cannot look at is refused.
func (s *Server) validate(query *parsed) (wrong []gqlerrors.FormattedError, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = refuse(fiber.StatusBadRequest, "the query cannot be understood: is something missing in it, such as the type of a variable?")
		}
	}()
	return query.place(graphql.ValidateDocument(&s.schema, query.doc, nil).Errors), nil
}

// run answers a query that is not too dear, while whoever asked is there.
func (s *Server) run(c *fiber.Ctx, req *graphQLRequest, query *parsed) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), graphQLTime)
	defer cancel()
	waiting, give := context.WithTimeout(ctx, graphQLWait)
	defer give()
	leave, err := s.asking.Enter(waiting)
	if err != nil {
		return fmt.Errorf("GraphQL: %w", err)
	}
	defer leave()
	if conn, ours := c.Context().Conn().(*limitedConn); ours {
		defer conn.watch(cancel)()
	}
	a := &asked{budget: race.NewBudget(graphQLAnswer, graphQLWork), plans: map[*ast.Field]*plan{}}
	c.SetUserContext(race.Within(ctx, a.budget))
	result := graphql.Execute(graphql.ExecuteParams{
		Schema: s.schema, AST: query.doc, OperationName: req.OperationName, Args: req.Variables,
		// Resolvers look at their own context: graphql-go would leave them running behind an answer.
		Context: context.WithoutCancel(ctx), Root: map[string]any{"": c, "asked": a},
	})
	a.place(result.Data)
	result.Errors = query.place(result.Errors)
	if err = c.JSON(result); len(c.Response().Body()) > graphQLAnswer { // it was reckoned too low
		err = c.JSON(graphql.Result{Errors: []gqlerrors.FormattedError{{
			Message: errTooMuch.Error(), Extensions: map[string]any{"code": "TOO_MUCH"},
		}}})
	}
	return err
}

// coded gives an error of a resolver its code, from the same table as everything else.
type coded struct {
	error
	code   string
	faults []race.Fault
}

// Extensions is read by graphql-go.
func (e coded) Extensions() map[string]any {
	out := map[string]any{"code": e.code}
	if e.faults != nil {
		out["errors"] = e.faults
	}
	return out
}

// Unwrap gives the error itself.
func (e coded) Unwrap() error { return e.error }

var _ gqlerrors.ExtendedError = coded{}

func (s *Server) coded(err error) error {
	p, code := problemOf(err, s.deps.Log)
	return coded{errors.New(p.Detail), code, p.Errors}
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
			Resolve: s.resolve(t.shape, func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
				status, _ := p.Args["status"].(string)
				return s.races(c, status)
			}),
		},
		"race": {
			Type: t.race, Args: graphql.FieldConfigArgument{"id": {Type: text}},
			Resolve: s.resolve(t.shape, func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
				r, err := s.deps.History.Summary(c.UserContext(), idArg(p))
				return newRaceDTO(r), err
			}),
		},
		"circuits": {Type: list(t.circuit), Resolve: s.written(circuits, func(c *fiber.Ctx, _ graphql.ResolveParams) (any, error) {
			all, err := s.allCircuits(c.UserContext())
			return circuitDTOs(all), err
		})},
		"circuit": {
			Type: t.circuit, Args: graphql.FieldConfigArgument{"key": {Type: text}},
			Resolve: s.written(circuits, func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
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
			Type: t.race, Description: "Makes a simulated race and lets it go.",
			Args: graphql.FieldConfigArgument{
				"circuit": {Type: graphql.NewNonNull(graphql.String)}, "cars": {Type: graphql.Int}, "laps": {Type: graphql.Int},
				"seed":  {Type: graphql.String, Description: "A whole number from 0 to 2^64-1, as text."},
				"speed": {Type: graphql.Float}, "name": {Type: graphql.String},
			},
			Resolve: s.resolve(t.shape, s.startRace),
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
			Resolve: s.resolve(t.shape, func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
				what, _ := p.Args["action"].(race.Control)
				r, err := s.deps.Races.Control(c.UserContext(), idArg(p), what, race.Now)
				return newRaceDTO(r), err
			}),
		},
	}
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
