package gateway

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/language/ast"

	"lightsout/race"
)

// graphql-go takes one or two microseconds per value, and some values have six bytes. So graphql-go runs a query down to its
// lists only. What is below a list takes no arguments and cannot fail: a plan, made once per list, writes it.

// shape says how the values of a type are written: the fields of its GraphQL object.
type shape struct {
	name   string
	fields map[string]fieldShape
	// derived marks values that are computed from rows which the answer does not contain.
	derived bool
}

// fieldShape is a field of a shape. Either write or object is set.
type fieldShape struct {
	write      func(b []byte, object reflect.Value) []byte
	minBytes   int  // of a value, at the least
	usualBytes int  // of a value, in most cases
	column     bool // a list of numbers
	object     *shape
	value      func(object reflect.Value) reflect.Value // of one object, or of a list
	list       bool
}

// shapeOf returns the shape with the fields of fieldsOf.
func shapeOf(name string, t reflect.Type) *shape {
	s := &shape{name: name, fields: map[string]fieldShape{}}
	for i := range t.NumField() {
		tag, shown := fieldTag(t.Field(i))
		if !shown {
			continue
		}
		of := t.Field(i).Type
		value := func(object reflect.Value) reflect.Value { return object.Field(i) }
		switch {
		case isObject(of):
			s.fields[camel(tag)] = fieldShape{object: shapeOf(objectName(of), of), value: value}
		case of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.Struct:
			s.fields[camel(tag)] = fieldShape{object: shapeOf(objectName(of.Elem()), of.Elem()), value: value, list: true}
		default:
			write, least := writerOf(of)
			s.fields[camel(tag)] = fieldShape{
				write: func(b []byte, object reflect.Value) []byte { return write(b, object.Field(i)) }, minBytes: least, usualBytes: max(least, usualValueBytes),
			}
		}
	}
	return s
}

func isObject(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[time.Time]()
}

// usualValueBytes is what a value takes in an answer, in most cases.
const usualValueBytes = 8

// writerOf writes a value as graphql-go does. minBytes is the least that it writes.
func writerOf(t reflect.Type) (write func([]byte, reflect.Value) []byte, least int) {
	switch t.Kind() {
	case reflect.Pointer:
		within, least := writerOf(t.Elem())
		return func(b []byte, v reflect.Value) []byte {
			if v.IsNil() {
				return append(b, "null"...)
			}
			return within(b, v.Elem())
		}, min(least, len("null"))
	case reflect.Slice:
		return writerOfList(t)
	case reflect.Interface:
		return func(b []byte, v reflect.Value) []byte {
			if v.IsNil() {
				return append(b, "null"...)
			}
			return appendText(b, fmt.Sprint(v.Interface()))
		}, len(`""`)
	case reflect.Struct:
		return func(b []byte, v reflect.Value) []byte {
			at, _ := v.Interface().(time.Time)
			return append(at.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
		}, len(time.RFC3339)
	case reflect.String:
		return func(b []byte, v reflect.Value) []byte { return appendText(b, v.String()) }, len(`""`)
	case reflect.Bool:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendBool(b, v.Bool()) }, len("true")
	case reflect.Float64:
		return func(b []byte, v reflect.Value) []byte { return appendNumber(b, v.Float()) }, 1
	case reflect.Uint64:
		return func(b []byte, v reflect.Value) []byte {
			return append(strconv.AppendUint(append(b, '"'), v.Uint(), 10), '"')
		}, len(`"0"`)
	case reflect.Uint8:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendUint(b, v.Uint(), 10) }, 1
	default:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendInt(b, v.Int(), 10) }, 1
	}
}

func writerOfList(t reflect.Type) (write func([]byte, reflect.Value) []byte, least int) {
	within, _ := writerOf(t.Elem())
	column := isColumn(t)
	return func(b []byte, v reflect.Value) []byte {
		if column && v.IsNil() { // not reported
			return append(b, "null"...)
		}
		return appendList(b, v.Len(), func(b []byte, i int) []byte { return within(b, v.Index(i)) })
	}, len("[]")
}

func appendList(b []byte, n int, one func(b []byte, i int) []byte) []byte {
	b = append(b, '[')
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, i)
	}
	return append(b, ']')
}

// appendText appends a JSON string.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if ch := s[i]; ch < ' ' || ch >= 0x7f || strings.IndexByte(`"\<>&`, ch) >= 0 {
			quoted, err := json.Marshal(s)
			if err != nil {
				return append(b, "null"...)
			}
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// appendNumber appends a JSON number in its shortest form, or null for NaN and infinities.
func appendNumber(b []byte, v float64) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(b, "null"...)
	}
	form := byte('f')
	if size := math.Abs(v); size != 0 && (size < 1e-6 || size >= 1e21) {
		form = 'e'
	}
	return strconv.AppendFloat(b, v, form, -1, 64)
}

// plan is a selection of a shape's fields.
type plan struct {
	fields               []plannedField
	minBytes, usualBytes int // of an object with its comma, without its lists
	selections           int // visited
}

type plannedField struct {
	fieldShape
	key    []byte // with quotes and colon
	sets   []*ast.SelectionSet
	within *plan
}

// planner makes plans for a valid query.
type planner struct {
	fragments map[string]ast.Definition
	variables map[string]any
}

func (p planner) plan(s *shape, sets []*ast.SelectionSet) *plan {
	out := &plan{minBytes: len("{},"), usualBytes: len("{},")}
	c := collector{planner: p, shape: s, plan: out, at: map[string]int{}, visited: map[string]bool{}}
	for _, set := range sets {
		c.collect(set)
	}
	for i := range out.fields {
		one := &out.fields[i]
		out.minBytes += len(one.key) + one.minBytes + len(",")
		out.usualBytes += len(one.key) + one.usualBytes + len(",")
		if one.object == nil {
			continue
		}
		if one.within = p.plan(one.object, one.sets); !one.list {
			out.minBytes += one.within.minBytes
			out.usualBytes += one.within.usualBytes
		}
	}
	return out
}

// collector adds the fields of selections to a plan.
type collector struct {
	planner
	shape   *shape
	plan    *plan
	at      map[string]int // index of a field by its name in the answer
	visited map[string]bool
}

func (c *collector) collect(set *ast.SelectionSet) {
	if set == nil {
		return
	}
	for _, sel := range set.Selections {
		c.plan.selections++
		switch sel := sel.(type) {
		case *ast.Field:
			c.field(sel)
		case *ast.InlineFragment:
			if c.included(sel.Directives) {
				c.collect(sel.SelectionSet)
			}
		case *ast.FragmentSpread:
			name := sel.Name.Value
			if c.visited[name] || !c.included(sel.Directives) {
				continue
			}
			c.visited[name] = true
			if f, ok := c.fragments[name].(*ast.FragmentDefinition); ok {
				c.collect(f.SelectionSet)
			}
		}
	}
}

// field adds a field. A field that is selected twice is written once, with both selections.
func (c *collector) field(f *ast.Field) {
	if !c.included(f.Directives) {
		return
	}
	key := f.Name.Value
	if f.Alias != nil {
		key = f.Alias.Value
	}
	i, known := c.at[key]
	if !known {
		i, c.at[key] = len(c.plan.fields), len(c.plan.fields)
		c.plan.fields = append(c.plan.fields, plannedField{fieldShape: c.shape.field(f.Name.Value), key: []byte(`"` + key + `":`)})
	}
	c.plan.fields[i].sets = append(c.plan.fields[i].sets, f.SelectionSet)
}

// field returns a field by its name: of the shape, __typename, or one that a resolver answers.
func (s *shape) field(name string) fieldShape {
	if one, known := s.fields[name]; known {
		return one
	}
	if name != graphql.TypeNameMetaFieldDef.Name {
		return fieldShape{minBytes: len("null"), usualBytes: len("null")}
	}
	return fieldShape{write: func(b []byte, _ reflect.Value) []byte { return appendText(b, s.name) }, minBytes: len(s.name) + 2, usualBytes: len(s.name) + 2}
}

// included evaluates @skip and @include.
func (p planner) included(directives []*ast.Directive) bool {
	for _, d := range directives {
		if len(d.Arguments) == 0 {
			continue
		}
		is := false
		switch v := d.Arguments[0].Value.(type) {
		case *ast.BooleanValue:
			is = v.Value
		case *ast.Variable:
			is, _ = p.variables[v.Name.Value].(bool)
		}
		if d.Name.Value == graphql.SkipDirective.Name && is || d.Name.Value == graphql.IncludeDirective.Name && !is {
			return false
		}
	}
	return true
}

// write appends an object or a list of objects. It stops after room bytes: a longer answer is refused anyway.
func (p *plan) write(b []byte, v reflect.Value, room int) []byte {
	if v.Kind() == reflect.Slice {
		return appendList(b, v.Len(), func(b []byte, i int) []byte {
			if len(b) > room {
				return b
			}
			return p.write(b, v.Index(i), room)
		})
	}
	b = append(b, '{')
	for i := range p.fields {
		one := &p.fields[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, one.key...)
		if one.object != nil {
			b = one.within.write(b, one.value(v), room)
		} else {
			b = one.write(b, v)
		}
	}
	return append(b, '}')
}

// lists returns the bytes of one row of each list right below the plan's object.
func (p *plan) lists() (least, usual int) {
	for i := range p.fields {
		if one := &p.fields[i]; one.list {
			least += one.within.minBytes
			usual += one.within.usualBytes
		}
	}
	return least, usual
}

// queryState is what a running query has planned, written and spent.
type queryState struct {
	budget  *race.Budget
	plans   map[*ast.Field]*plan
	written []writtenPart
}

// writtenPart is JSON of an answer with its place.
type writtenPart struct {
	path []any
	json json.RawMessage
}

// planOf returns the plan of a field. It is made once; graphql-go calls the resolver for each object that has the field.
func (a *queryState) planOf(s *shape, info graphql.ResolveInfo) *plan {
	if known := a.plans[info.FieldASTs[0]]; known != nil {
		return known
	}
	var sets []*ast.SelectionSet
	for _, f := range info.FieldASTs {
		sets = append(sets, f.SelectionSet)
	}
	known := planner{info.Fragments, info.VariableValues}.plan(s, sets)
	a.plans[info.FieldASTs[0]] = known
	return known
}

// place inserts the written JSON into the answer of graphql-go, which has null in its place.
func (a *queryState) place(data any) {
	for _, w := range a.written {
		at := data
		last := len(w.path) - 1
		for _, key := range w.path[:last] {
			switch key := key.(type) {
			case string:
				within, _ := at.(map[string]any)
				at = within[key]
			case int:
				if list, ok := at.([]any); ok && key < len(list) {
					at = list[key]
				} else {
					at = nil
				}
			}
		}
		if object, ok := at.(map[string]any); ok {
			if key, ok := w.path[last].(string); ok {
				object[key] = w.json
			}
		}
	}
}
