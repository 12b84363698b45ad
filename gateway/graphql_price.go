package gateway

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/gqlerrors"
	"github.com/graphql-go/graphql/language/ast"
	"github.com/graphql-go/graphql/language/location"
	"github.com/graphql-go/graphql/language/parser"
	"github.com/graphql-go/graphql/language/source"

	"lightsout/gateway/body"
)

// Limits of a GraphQL query, in the order in which they are checked: each bounds the cost of the next check.
const (
	maxQueryBytes       = 16 << 10
	maxQueryTokens      = 2_000
	maxQueryNesting     = 24 // of brackets of all kinds
	maxQueryWord        = 500
	maxQueryLine        = 500 // characters; longer lines are broken at a space
	maxQueryDefinitions = 50  // operations and fragments
	maxQueryVariables   = 50  // of an operation
	maxQueryDepth       = 8
	maxQueryFields      = 250 // a fragment counts at each use
	maxQueryArguments   = 20  // of a field
	maxQueryDirectives  = 4   // at one place
	maxValueDepth       = 3
	maxValueItems       = 100
)

// parsedQuery is a query cheap enough for graphql-go to validate.
type parsedQuery struct {
	doc    *ast.Document
	lines  []int // offset of each line
	errors []gqlerrors.FormattedError
}

// parseQuery parses a query, or refuses it by its price. Syntax errors are returned in errors, in graphql-go's own form.
func (s *Server) parseQuery(query string, readOnly bool) (*parsedQuery, error) {
	refused := func(format string, args ...any) (*parsedQuery, error) {
		return nil, refuse(fiber.StatusBadRequest, "the query "+fmt.Sprintf(format, args...))
	}
	if strings.TrimSpace(query) == "" {
		return refused(`is missing: expected {"query": "{ races { id } }"}`)
	}
	if len(query) > maxQueryBytes {
		return refused("has %d bytes: allowed are %d", len(query), maxQueryBytes)
	}
	sc := scan(query)
	switch {
	case sc.tokens > maxQueryTokens:
		return refused("has %d tokens: allowed are %d", sc.tokens, maxQueryTokens)
	case sc.nesting > maxQueryNesting:
		return refused("is too deep, its brackets are nested %d times: allowed are %d", sc.nesting, maxQueryNesting)
	case sc.word > maxQueryWord:
		return refused("has a word or a text of %d characters: allowed are %d; longer ones are sent as variables", sc.word, maxQueryWord)
	case sc.line > 2*maxQueryLine:
		return refused("has %d characters in a row without a space: allowed are %d", sc.line, 2*maxQueryLine)
	}
	src := source.NewSource(&source.Source{Body: sc.text, Name: "query"})
	doc, err := parser.Parse(parser.ParseParams{Source: src})
	if err != nil {
		return &parsedQuery{errors: gqlerrors.FormatErrors(err)}, nil
	}
	src.Body = nil // otherwise graphql-go searches the whole text for the place of each error
	if n := len(doc.Definitions); n > maxQueryDefinitions {
		return refused("has %d operations and fragments: allowed are %d", n, maxQueryDefinitions)
	}
	return &parsedQuery{doc: doc, lines: sc.lines}, s.checkCost(doc, readOnly)
}

// place turns the places of errors from a column of the whole text into line and column.
func (p *parsedQuery) place(faults []gqlerrors.FormattedError) []gqlerrors.FormattedError {
	for i := range faults {
		for j, at := range faults[i].Locations {
			line, _ := slices.BinarySearch(p.lines, at.Column)
			faults[i].Locations[j] = location.SourceLocation{Line: line, Column: at.Column - p.lines[line-1]}
		}
	}
	return faults
}

// queryCost adds up what a query costs.
type queryCost struct {
	lists     map[string]int // estimated length of each list of introspection
	fragments map[string]*ast.SelectionSet
	written   int // fields as written
	fields    int // fields as executed: a fragment counts at each use
	described int // values of introspection
	fault     string
}

func (b *queryCost) refuse(format string, args ...any) {
	if b.fault == "" {
		b.fault = fmt.Sprintf(format, args...)
	}
}

var errMutationByGet = refuse(fiber.StatusMethodNotAllowed, "a mutation is sent with POST")

// checkCost checks what is written, then what would be executed.
func (s *Server) checkCost(doc *ast.Document, readOnly bool) error {
	b := queryCost{lists: s.schemaLists, fragments: map[string]*ast.SelectionSet{}}
	for _, def := range doc.Definitions {
		switch def := def.(type) {
		case *ast.OperationDefinition:
			if readOnly && def.Operation == ast.OperationTypeMutation {
				return errMutationByGet
			}
			b.variables(def.VariableDefinitions)
			b.directives(def.Directives)
			b.read(def.SelectionSet)
		case *ast.FragmentDefinition:
			if def.Name != nil {
				b.fragments[def.Name.Value] = def.SelectionSet
			}
			b.directives(def.Directives)
			b.read(def.SelectionSet)
		}
	}
	for _, def := range doc.Definitions {
		if op, ok := def.(*ast.OperationDefinition); ok && b.fault == "" {
			b.expand(op.SelectionSet, 1)
		}
	}
	if b.fault != "" {
		return refuse(fiber.StatusBadRequest, "the query "+b.fault)
	}
	return nil
}

func (b *queryCost) variables(list []*ast.VariableDefinition) {
	if len(list) > maxQueryVariables {
		b.refuse("has %d variables: allowed are %d", len(list), maxQueryVariables)
	}
	for _, v := range list {
		if v.DefaultValue != nil {
			b.value(v.DefaultValue, 1)
		}
	}
}

func (b *queryCost) directives(list []*ast.Directive) {
	if len(list) > maxQueryDirectives {
		b.refuse("has %d directives at one place: allowed are %d", len(list), maxQueryDirectives)
	}
	for _, d := range list {
		b.arguments(d.Arguments)
	}
}

func (b *queryCost) arguments(list []*ast.Argument) {
	if len(list) > maxQueryArguments {
		b.refuse("has %d arguments at one place: allowed are %d", len(list), maxQueryArguments)
		return
	}
	seen := map[string]bool{}
	for _, a := range list {
		if seen[a.Name.Value] {
			b.refuse("has the argument %q twice at one place", a.Name.Value)
		}
		seen[a.Name.Value] = true
		b.value(a.Value, 1)
	}
}

func (b *queryCost) value(v ast.Value, depth int) {
	if depth > maxValueDepth {
		b.refuse("has a value that is nested deeper than %d times", maxValueDepth)
		return
	}
	switch v := v.(type) {
	case *ast.ListValue:
		if len(v.Values) > maxValueItems {
			b.refuse("has a list of %d values: allowed are %d", len(v.Values), maxValueItems)
			return
		}
		for _, one := range v.Values {
			b.value(one, depth+1)
		}
	case *ast.ObjectValue:
		if len(v.Fields) > maxValueItems {
			b.refuse("has an object of %d fields: allowed are %d", len(v.Fields), maxValueItems)
			return
		}
		for _, one := range v.Fields {
			b.value(one.Value, depth+1)
		}
	}
}

// read visits each field that is written.
func (b *queryCost) read(set *ast.SelectionSet) {
	if set == nil || b.fault != "" {
		return
	}
	if b.written += len(set.Selections); b.written > maxQueryFields {
		b.refuse("is too wide: allowed are %d fields", maxQueryFields)
		return
	}
	for _, sel := range set.Selections {
		switch sel := sel.(type) {
		case *ast.Field:
			b.arguments(sel.Arguments)
			b.directives(sel.Directives)
			b.read(sel.SelectionSet)
		case *ast.InlineFragment:
			b.directives(sel.Directives)
			b.read(sel.SelectionSet)
		case *ast.FragmentSpread:
			b.directives(sel.Directives)
		}
	}
}

// expand visits each field that would be executed.
func (b *queryCost) expand(set *ast.SelectionSet, level int) {
	b.each(set, func(f *ast.Field) {
		switch {
		case f.Name.Value == "__schema" || f.Name.Value == "__type":
			b.describe(f.SelectionSet, 1, 0)
		case f.SelectionSet != nil && level >= maxQueryDepth:
			b.refuse("is too deep: allowed are %d levels", maxQueryDepth)
		default:
			b.expand(f.SelectionSet, level+1)
		}
	})
}

// each calls visit with the fields of a selection and of the fragments in it.
func (b *queryCost) each(set *ast.SelectionSet, visit func(*ast.Field)) {
	if set == nil {
		return
	}
	for _, sel := range set.Selections {
		if b.fields++; b.fields > maxQueryFields { // also ends fragments that use themselves
			b.refuse("is too wide: allowed are %d fields, where fragments count as often as they are used", maxQueryFields)
		}
		if b.fault != "" {
			return
		}
		switch sel := sel.(type) {
		case *ast.Field:
			visit(sel)
		case *ast.InlineFragment:
			b.each(sel.SelectionSet, visit)
		case *ast.FragmentSpread:
			b.each(b.fragments[sel.Name.Value], visit)
		}
	}
}

// Limits of introspection. The standard introspection query nests three lists.
const (
	maxSchemaLists  = 3
	maxSchemaValues = 20_000
)

// describe counts the values of introspection. times is how many objects the selection applies to.
func (b *queryCost) describe(set *ast.SelectionSet, times, lists int) {
	b.each(set, func(f *ast.Field) {
		many, isList := b.lists[f.Name.Value]
		within := lists
		if isList {
			within++
		}
		if b.described += times; within > maxSchemaLists || b.described > maxSchemaValues {
			b.refuse("asks too much of the schema: allowed are %d nested lists and about %d values", maxSchemaLists, maxSchemaValues)
			return
		}
		b.describe(f.SelectionSet, times*max(1, many), within)
	})
}

// listsOf estimates the length of each list of introspection: the average over the types or fields of the schema.
func listsOf(schema *graphql.Schema) map[string]int {
	fields, args, inputs, values := 0, 0, 0, 0
	for _, t := range schema.TypeMap() {
		switch t := t.(type) {
		case *graphql.Object:
			for _, f := range t.Fields() {
				fields++
				args += len(f.Args)
			}
		case *graphql.InputObject:
			inputs += len(t.Fields())
		case *graphql.Enum:
			values += len(t.Values())
		}
	}
	types := len(schema.TypeMap())
	return map[string]int{
		"types": types, "fields": fields/types + 1, "args": args/fields + 1, "inputFields": inputs/types + 1,
		"enumValues": values/types + 1, "interfaces": 1, "possibleTypes": 1, "directives": len(schema.Directives()),
	}
}

// boundedVariables refuses variables that are deeper or longer than any argument.
func boundedVariables(variables map[string]any) error {
	if len(variables) > maxQueryVariables {
		return refuse(fiber.StatusBadRequest, fmt.Sprintf("there are %d variables: allowed are %d", len(variables), maxQueryVariables))
	}
	for name, v := range variables {
		if !shallow(v, 1) {
			return refuse(fiber.StatusBadRequest, fmt.Sprintf(
				"the variable %q is too deep or too long: allowed are %d levels and %d values in each", body.Clip(name), maxValueDepth, maxValueItems))
		}
	}
	return nil
}

func shallow(v any, depth int) bool {
	var within []any
	switch v := v.(type) {
	case []any:
		within = v
	case map[string]any:
		within = slices.Collect(maps.Values(v))
	default:
		return true
	}
	return depth <= maxValueDepth && len(within) <= maxValueItems && !slices.ContainsFunc(within, func(one any) bool { return !shallow(one, depth+1) })
}
