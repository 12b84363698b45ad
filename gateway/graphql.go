package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/gqlerrors"
	"github.com/graphql-go/graphql/language/ast"
	"github.com/graphql-go/graphql/language/parser"

	"lightsout/race"
)

// Limits of a GraphQL request.
const (
	queryMax      = 16 << 10
	queryDepthMax = 8
	queryFields   = 500
	graphQLValues = 1_000_000 // of columns; each takes some hundred bytes
)

// graphQLRequest is the body of a GraphQL request.
type graphQLRequest struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"`
}

func (s *Server) graphql(c *fiber.Ctx) error {
	var req graphQLRequest
	switch c.Method() {
	case fiber.MethodPost:
		if err := s.body(c, &req); err != nil {
			return err
		}
	case fiber.MethodGet:
		req.Query = strings.Clone(c.Query("query"))
		if v := c.Query("variables"); v != "" {
			if err := json.Unmarshal([]byte(v), &req.Variables); err != nil {
				return refuse(fiber.StatusBadRequest, "variables are no JSON object: "+err.Error())
			}
		}
	default:
		c.Set(fiber.HeaderAllow, "GET, POST")
		return refuse(fiber.StatusMethodNotAllowed, "GraphQL is asked with GET or POST")
	}
	if err := bounded(req.Query, c.Method() == fiber.MethodGet); err != nil {
		return err
	}
	ctx, left := c.UserContext(), graphQLValues
	result := graphql.Do(graphql.Params{
		Schema: s.schema, RequestString: req.Query, OperationName: req.OperationName, VariableValues: req.Variables,
		Context: ctx, RootObject: map[string]any{"": c, "left": &left},
	})
	return c.JSON(result)
}

// bounded refuses a query that is too long, too deep or too wide, and a mutation where nothing may change.
func bounded(query string, readOnly bool) error {
	switch {
	case strings.TrimSpace(query) == "":
		return refuse(fiber.StatusBadRequest, `the query is missing: expected {"query": "{ races { id } }"}`)
	case len(query) > queryMax:
		return refuse(fiber.StatusBadRequest, fmt.Sprintf("the query has %d bytes: allowed are %d", len(query), queryMax))
	case strings.Count(query, "{") > queryFields:
		return refuse(fiber.StatusBadRequest, "the query has too many braces")
	}
	doc, err := parser.Parse(parser.ParseParams{Source: query})
	if err != nil {
		return nil //nolint:nilerr // graphql.Do says where it is wrong, in its own form
	}
	d := depth{fragments: map[string]*ast.SelectionSet{}}
	for _, def := range doc.Definitions {
		if f, ok := def.(*ast.FragmentDefinition); ok && f.Name != nil {
			d.fragments[f.Name.Value] = f.SelectionSet
		}
	}
	for _, def := range doc.Definitions {
		op, ok := def.(*ast.OperationDefinition)
		if !ok {
			continue
		}
		if readOnly && op.Operation == ast.OperationTypeMutation {
			return refuse(fiber.StatusMethodNotAllowed, "a mutation is sent with POST")
		}
		if d.walk(op.SelectionSet, 1); d.tooMuch {
			return refuse(fiber.StatusBadRequest, fmt.Sprintf(
				"the query is too deep or too wide: allowed are %d levels and %d fields", queryDepthMax, queryFields))
		}
	}
	return nil
}

// depth measures a query; fragments count where they are used.
type depth struct {
	fragments map[string]*ast.SelectionSet
	fields    int
	tooMuch   bool
}

func (d *depth) walk(set *ast.SelectionSet, level int) {
	if set == nil || d.tooMuch {
		return
	}
	if level > queryDepthMax {
		d.tooMuch = true
		return
	}
	for _, sel := range set.Selections {
		if d.fields++; d.fields > queryFields {
			d.tooMuch = true
			return
		}
		switch sel := sel.(type) {
		case *ast.Field:
			d.walk(sel.SelectionSet, level+1)
		case *ast.InlineFragment:
			d.walk(sel.SelectionSet, level+1)
		case *ast.FragmentSpread:
			if sel.Name != nil {
				d.walk(d.fragments[sel.Name.Value], level+1)
			}
		}
	}
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

// request is the Fiber context of a resolver; graphql-go resolves within the handler.
func request(p graphql.ResolveParams) *fiber.Ctx {
	root, _ := p.Info.RootValue.(map[string]any)
	c, _ := root[""].(*fiber.Ctx)
	return c
}

// spend takes from the values that the columns of one answer may have: a column can be asked for under many names.
func spend(p graphql.ResolveParams, values int) error {
	root, _ := p.Info.RootValue.(map[string]any)
	left, counted := root["left"].(*int)
	if !counted {
		return nil
	}
	if *left -= values; *left >= 0 {
		return nil
	}
	wrong := &race.InvalidError{Faults: []race.Fault{{
		Field: "query", Message: "asks for too much at once", Allowed: fmt.Sprintf("%d values in all columns together", graphQLValues),
	}}}
	return coded{wrong, "INVALID", wrong.Faults}
}

// resolve makes a resolver of a function that gives a value or an error of ours.
func (s *Server) resolve(get func(c *fiber.Ctx, p graphql.ResolveParams) (any, error)) graphql.FieldResolveFn {
	return func(p graphql.ResolveParams) (any, error) {
		v, err := get(request(p), p)
		if err != nil {
			return nil, s.coded(err)
		}
		return v, nil
	}
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
	//nolint:wrapcheck // New wraps it
	return graphql.NewSchema(graphql.SchemaConfig{
		Query:    graphql.NewObject(graphql.ObjectConfig{Name: "Query", Fields: s.queries(types)}),
		Mutation: graphql.NewObject(graphql.ObjectConfig{Name: "Mutation", Fields: s.mutations(types)}),
	})
}

func (s *Server) queries(t types) graphql.Fields {
	text := graphql.NewNonNull(graphql.String)
	return graphql.Fields{
		"races": {
			Type: list(t.race), Description: "All races, newest first.",
			Args: graphql.FieldConfigArgument{"status": {Type: graphql.String}},
			Resolve: s.resolve(func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
				status, _ := p.Args["status"].(string)
				return s.races(c, status)
			}),
		},
		"race": {
			Type: t.race, Args: graphql.FieldConfigArgument{"id": {Type: text}},
			Resolve: s.resolve(func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
				r, err := s.deps.History.Summary(c.UserContext(), idArg(p))
				return newRaceDTO(r), err
			}),
		},
		"circuits": {Type: list(t.circuit), Resolve: s.resolve(func(c *fiber.Ctx, _ graphql.ResolveParams) (any, error) {
			all, err := s.allCircuits(c.UserContext())
			return circuitDTOs(all), err
		})},
		"circuit": {
			Type: t.circuit, Args: graphql.FieldConfigArgument{"key": {Type: text}},
			Resolve: s.resolve(func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
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
			Resolve: s.resolve(s.startRace),
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
			Resolve: s.resolve(func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
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
