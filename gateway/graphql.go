package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/gqlerrors"
	"github.com/graphql-go/graphql/language/ast"

	"lightsout/race"
)

// Limits of a GraphQL request while it runs.
const (
	maxGraphQLBody     = 64 << 10
	maxGraphQLAnswer   = 4 << 20
	maxGraphQLTime     = 10 * time.Second
	maxGraphQLRequests = 4
	maxGraphQLWait     = 2 * time.Second
	maxShownErrors     = 20
)

// graphQLRequest is the body of a GraphQL request.
type graphQLRequest struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"`
}

// graphql answers POST, and GET and HEAD for queries.
func (s *Server) graphql(c *fiber.Ctx) error {
	var req graphQLRequest
	readOnly := c.Method() != fiber.MethodPost
	if readOnly {
		if site := c.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
			return refuse(fiber.StatusForbidden, "a page of another host may not send queries: allowed are this server's own pages")
		}
		req.Query, req.OperationName = strings.Clone(c.Query("query")), strings.Clone(c.Query("operationName"))
		if v := c.Query("variables"); v != "" {
			if err := json.Unmarshal([]byte(v), &req.Variables); err != nil {
				return refuse(fiber.StatusBadRequest, "variables are not a JSON object: "+err.Error())
			}
		}
	} else if err := s.bodies.JSON(c, &req, maxGraphQLBody); err != nil {
		return err
	}
	query, err := s.parseQuery(req.Query, readOnly)
	if errors.Is(err, errMutationByGet) {
		c.Set(fiber.HeaderAllow, fiber.MethodPost)
	}
	if err == nil {
		err = boundedVariables(req.Variables)
	}
	if err != nil {
		return err
	}
	if query.errors == nil {
		if query.errors, err = s.validate(query); err != nil {
			return err
		}
	}
	if n := len(query.errors); n > 0 {
		return c.JSON(graphql.Result{Errors: query.errors[:min(n, maxShownErrors)]})
	}
	return s.run(c, &req, query)
}

// validate returns the faults of a query by the schema. It refuses a query on which graphql-go panics.
func (s *Server) validate(query *parsedQuery) (wrong []gqlerrors.FormattedError, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = refuse(fiber.StatusBadRequest, "the query cannot be validated: it may lack something, such as the type of a variable")
		}
	}()
	return query.place(graphql.ValidateDocument(&s.schema, query.doc, nil).Errors), nil
}

// run executes a query whose price was accepted. It stops when the client hangs up.
func (s *Server) run(c *fiber.Ctx, req *graphQLRequest, query *parsedQuery) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), maxGraphQLTime)
	defer cancel()
	waiting, give := context.WithTimeout(ctx, maxGraphQLWait)
	defer give()
	leave, err := s.graphQLSlots.Enter(waiting)
	if err != nil {
		return fmt.Errorf("GraphQL: %w", err)
	}
	defer leave()
	if conn, ours := c.Context().Conn().(*limitedConn); ours {
		defer conn.watch(cancel)()
	}
	a := &queryState{budget: race.NewBudget(maxGraphQLAnswer, maxGraphQLWork), plans: map[*ast.Field]*plan{}}
	c.SetUserContext(race.Within(ctx, a.budget))
	result := graphql.Execute(graphql.ExecuteParams{
		Schema: s.schema, AST: query.doc, OperationName: req.OperationName, Args: req.Variables,
		// Resolvers check a context of their own. With a deadline here, graphql-go would answer and leave them running.
		Context: context.WithoutCancel(ctx), Root: map[string]any{"": c, "asked": a},
	})
	a.place(result.Data)
	result.Errors = query.place(result.Errors)
	if err = c.JSON(result); len(c.Response().Body()) > maxGraphQLAnswer { // the estimate was too low
		err = c.JSON(graphql.Result{Errors: []gqlerrors.FormattedError{{
			Message: errTooMuch.Error(), Extensions: map[string]any{"code": "TOO_MUCH"},
		}}})
	}
	return err
}

// coded gives the error of a resolver its code, from the table that REST uses.
type coded struct {
	error
	code   string
	faults []race.Fault
}

// Extensions is part of gqlerrors.ExtendedError.
func (e coded) Extensions() map[string]any {
	out := map[string]any{"code": e.code}
	if e.faults != nil {
		out["errors"] = e.faults
	}
	return out
}

// Unwrap returns the resolver's error.
func (e coded) Unwrap() error { return e.error }

var _ gqlerrors.ExtendedError = coded{}

func (s *Server) coded(err error) error {
	p, code := problemOf(err, s.deps.Log)
	return coded{errors.New(p.Detail), code, p.Errors}
}
