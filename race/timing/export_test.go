package timing

import (
	"reflect"
	"slices"

	"github.com/google/go-cmp/cmp"
)

// scratch are the fields that belong to the current record: the next record needs none of them.
var scratch = []string{"facts", "moved", "amended", "movedLaps", "author", "why", "dirty", "reemit", "relead", "more", "fresh", "silent", "slab"}

// Differs returns how two states differ; empty if they are equal.
func (s *State) Differs(other *State) string {
	clean := func(s *State) State {
		c := *s
		c.facts, c.moved, c.amended, c.movedLaps, c.author, c.why, c.slab = nil, span{}, nil, nil, "", "", nil
		c.dirty, c.reemit, c.relead, c.more, c.fresh, c.silent = false, false, false, false, false, false
		return c
	}
	x, y := clean(s), clean(other)
	if reflect.DeepEqual(x, y) {
		return ""
	}
	return cmp.Diff(x, y, cmp.Exporter(func(reflect.Type) bool { return true }))
}

// FieldsOfState returns all fields of all structs in a state, as Type.field.
func FieldsOfState() []string {
	seen := map[reflect.Type]bool{}
	var out []string
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		if seen[t] {
			return
		}
		seen[t] = true
		switch t.Kind() {
		case reflect.Slice, reflect.Array, reflect.Pointer:
			walk(t.Elem())
		case reflect.Map:
			walk(t.Key())
			walk(t.Elem())
		case reflect.Struct:
			for i := range t.NumField() {
				f := t.Field(i)
				if t == reflect.TypeFor[State]() && slices.Contains(scratch, f.Name) {
					continue
				}
				out = append(out, t.Name()+"."+f.Name)
				walk(f.Type)
			}
		default:
		}
	}
	walk(reflect.TypeFor[State]())
	for _, b := range bodies {
		walk(reflect.TypeOf(b))
	}
	return out
}

// Filled records the fields that have a value, by the names of FieldsOfState.
func (s *State) Filled(seen map[string]bool) { filled(reflect.ValueOf(s).Elem(), seen) }

func filled(v reflect.Value, seen map[string]bool) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			filled(v.Elem(), seen)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			filled(v.Index(i), seen)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			filled(k, seen)
			filled(v.MapIndex(k), seen)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				seen[v.Type().Name()+"."+v.Type().Field(i).Name] = true
			}
			filled(v.Field(i), seen)
		}
	default:
	}
}

// DecodeUnguarded decodes a snapshot without checking its checksum.
func DecodeUnguarded(b []byte) (*State, error) { return decode(b, false) }
