package gateway

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/gofiber/fiber/v2"
	"github.com/graphql-go/graphql"

	"lightsout/race"
	"lightsout/race/circuit"
)

// A query may take 50 ms of CPU, and 100 ns more for each byte of its answer. Work is counted in units of 100 ns. maxGraphQLWork
// leaves out parsing, validating and sending the query.
const (
	maxGraphQLWork = 250_000
	fieldWork      = 2_000  // of a field with a resolver, whatever it answers
	parseWork      = 10_000 // of parsing a circuit, for telemetry or a comparison
	changeWork     = 20_000 // of a mutation
	leafWork       = 22     // of a value that graphql-go writes: it looks at the whole selection for each object
	sendWork       = 0.5    // of a byte, to send it; the rest of its unit pays for reading it
)

// earnedWork is the work that the bytes of an answer pay for.
func earnedWork(bytes int) int { return bytes - int(sendWork*float64(bytes)) }

// errTooMuch refuses a field that exceeds the answer's size or the query's work. Fields that were answered before stay.
var errTooMuch = fmt.Errorf("%w: an answer may have %d bytes and may take 50 ms and 1 s for each 10 MB, ask for more columns of fewer cars, laps or rows, or ask REST",
	race.ErrTooMuch, maxGraphQLAnswer)

// tooMuch is errTooMuch with its code.
var tooMuch = coded{errTooMuch, "TOO_MUCH", nil}

// request returns the Fiber context of a resolver. Resolvers run within the handler.
func request(p graphql.ResolveParams) *fiber.Ctx {
	root, _ := p.Info.RootValue.(map[string]any)
	c, _ := root[""].(*fiber.Ctx)
	return c
}

func stateOf(p graphql.ResolveParams) *queryState {
	root, _ := p.Info.RootValue.(map[string]any)
	a, _ := root["asked"].(*queryState)
	return a
}

// getter returns the value of a field, or an error of the domain.
type getter func(c *fiber.Ctx, p graphql.ResolveParams) (any, error)

// objectResolver makes a resolver whose objects graphql-go writes, value by value. It charges for them first.
func (s *Server) objectResolver(sh *shape, get getter) graphql.FieldResolveFn {
	return s.pricedResolver(func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
		a := stateOf(p)
		plan := a.planOf(sh, p.Info)
		pays := earnedWork(plan.minBytes) - plan.selections - leafWork*len(plan.fields) // for each object
		if len(p.Args) == 0 {                                                           // every row that is read is answered
			a.budget.Reading(pays, plan.usualBytes)
		}
		v, err := get(c, p)
		counted := a.budget.Reading(0, 0)
		if err != nil {
			return nil, err
		}
		n := 1
		if list := reflect.ValueOf(v); list.Kind() == reflect.Slice {
			n = list.Len()
		}
		if err := a.budget.Work(counted - n*pays); err != nil {
			return nil, err
		}
		return v, a.budget.Answer(n * plan.usualBytes)
	})
}

// writeResolver makes a resolver that writes its value itself: an object of a shape, or a list of them. Rows that it reads are
// the rows of the list, or of the lists right below the object.
func (s *Server) writeResolver(sh *shape, get getter) graphql.FieldResolveFn {
	return s.pricedResolver(func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
		a := stateOf(p)
		plan := a.planOf(sh, p.Info)
		least, usual := plan.minBytes, plan.usualBytes
		if _, list := p.Info.ReturnType.(*graphql.List); sh.derived {
			least, usual = 0, 0
		} else if !list {
			least, usual = plan.lists()
		}
		a.budget.Reading(earnedWork(least), usual)
		v, err := get(c, p)
		counted := a.budget.Reading(0, 0)
		if err != nil {
			return nil, err
		}
		room := a.budget.Room()
		json := plan.write(nil, reflect.ValueOf(v), room)
		if err := a.budget.Answer(len(json)); err != nil {
			return nil, err
		}
		a.budget.Earn(earnedWork(len(json)) - counted)
		a.written = append(a.written, writtenPart{p.Info.Path.AsArray(), json})
		return nil, nil // place inserts the JSON
	})
}

// pricedResolver makes a resolver that charges the field's price before it does anything.
func (s *Server) pricedResolver(get getter) graphql.FieldResolveFn {
	return func(p graphql.ResolveParams) (any, error) {
		c := request(p)
		ctx := c.UserContext()
		if err := ctx.Err(); err != nil {
			return nil, s.coded(fmt.Errorf("the query was not answered in %v: %w", maxGraphQLTime, race.ErrTooMuch))
		}
		err := stateOf(p).budget.Work(fieldPrice(p.Info))
		var v any
		if err == nil {
			v, err = get(c, p)
		}
		switch {
		case errors.Is(err, race.ErrTooMuch):
			return nil, tooMuch
		case err != nil:
			return nil, s.coded(err)
		}
		return v, nil
	}
}

// fieldPrice is the work of a field whatever it answers. It grows with the questions that the field asks the store.
func fieldPrice(info graphql.ResolveInfo) int {
	if info.ParentType.Name() == "Mutation" {
		return changeWork
	}
	switch info.FieldName {
	case "laps", "events", "rulings", "decoders":
		return 2 * fieldWork
	case "passings", "classification":
		return 4 * fieldWork
	case "difference":
		return 8 * fieldWork
	case "circuits", "circuit": // all circuits are parsed
		return fieldWork + parseWork*len(circuit.List())/4
	case "telemetry", "compare":
		return fieldWork + parseWork
	}
	return fieldWork
}
