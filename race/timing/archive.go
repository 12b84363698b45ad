package timing

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"

	"lightsout/race"
)

// archive carries values to bytes and back. Whoever visits it writes and reads with the same lines, so that the two
// cannot drift apart. Numbers are zigzag varints; what follows the first damage is left as it is.
type archive struct {
	b       []byte // written so far; what is left to read
	reading bool
	err     error
}

// damaged notes what does not fit; the first of it counts.
func (a *archive) damaged(format string, args ...any) {
	if a.err == nil {
		a.err = fmt.Errorf("%w: "+format, append([]any{ErrSnapshot}, args...)...)
	}
}

// number carries a whole number of any kind.
func number[T ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64](a *archive, v *T) {
	if !a.reading {
		a.b = binary.AppendVarint(a.b, int64(*v))
		return
	}
	if a.err != nil {
		return
	}
	x, n := binary.Varint(a.b)
	if n <= 0 || int64(T(x)) != x {
		a.damaged("a number is cut off or too large")
		return
	}
	*v, a.b = T(x), a.b[n:]
}

// delta carries a number as its distance from another, which is small.
func delta[T ~int32 | ~int64 | ~uint64](a *archive, v *T, from T) {
	d := *v - from
	number(a, &d)
	*v = from + d
}

// flags carries up to eight truths in a byte.
func (a *archive) flags(bits ...*bool) {
	var set uint8
	for i, bit := range bits {
		if *bit {
			set |= 1 << i
		}
	}
	if !a.reading {
		a.b = append(a.b, set)
		return
	}
	if a.err != nil {
		return
	}
	if len(a.b) == 0 || a.b[0]>>len(bits) != 0 {
		a.damaged("flags are cut off or unknown")
		return
	}
	set, a.b = a.b[0], a.b[1:]
	for i, bit := range bits {
		*bit = set&(1<<i) != 0
	}
}

func text[T ~string](a *archive, v *T) {
	n := len(*v)
	number(a, &n)
	if !a.reading {
		a.b = append(a.b, *v...)
		return
	}
	if n < 0 || n > len(a.b) {
		a.damaged("a text of %d bytes is cut off", n)
	}
	if a.err == nil {
		*v, a.b = T(a.b[:n]), a.b[n:]
	}
}

// roomAhead is for how many elements room is made before they are read: a length may be damaged.
const roomAhead = 1024

// list carries the elements of a slice; none and nil are told apart.
func list[T any](a *archive, v *[]T, visit func(a *archive, at int, one *T)) {
	n := len(*v) + 1
	if *v == nil {
		n = 0
	}
	number(a, &n)
	if !a.reading {
		for i := range *v {
			visit(a, i, &(*v)[i])
		}
		return
	}
	*v = nil
	if n == 0 || a.err != nil {
		return
	}
	if n < 0 || n-1 > len(a.b) { // an element takes a byte at least
		a.damaged("a list of %d is cut off", n-1)
		return
	}
	out := make([]T, 0, min(n-1, roomAhead))
	*v = out
	for i := 0; i < n-1 && a.err == nil; i++ {
		out = append(out, *new(T))
		*v = out // an element may look at those before it
		visit(a, i, &out[i])
	}
}

// numbers carries a slice of numbers.
func numbers[T ~int32 | ~int64](a *archive, v *[]T) {
	list(a, v, func(a *archive, _ int, one *T) { number(a, one) })
}

// moments carries times that rise: each as its distance from the one before.
func moments(a *archive, v *[]race.Micros) {
	list(a, v, func(a *archive, at int, one *race.Micros) {
		before := race.Micros(0)
		if at > 0 {
			before = (*v)[at-1]
		}
		delta(a, one, before)
	})
}

// plain carries a value of the race package as it is, by its exported fields: a new field is carried with the others.
func plain[T any](a *archive, v *T) { a.value(reflect.ValueOf(v).Elem()) }

func (a *archive) value(v reflect.Value) {
	if a.err != nil {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			a.value(v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			a.value(v.Index(i))
		}
	case reflect.Slice:
		a.slice(v)
	default:
		a.scalar(v)
	}
}

func (a *archive) slice(v reflect.Value) {
	n := v.Len() + 1
	if v.IsNil() {
		n = 0
	}
	number(a, &n)
	if a.reading {
		if n < 0 || n-1 > len(a.b) {
			a.damaged("a list of %d is cut off", n-1)
		}
		if n == 0 || a.err != nil {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 0, min(n-1, roomAhead)))
	}
	for i := 0; i < n-1 && a.err == nil; i++ {
		if a.reading {
			v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		}
		a.value(v.Index(i))
	}
}

func (a *archive) scalar(v reflect.Value) {
	switch {
	case v.CanInt():
		x := v.Int()
		if number(a, &x); v.OverflowInt(x) {
			a.damaged("%d is no %v", x, v.Type())
		} else if a.reading {
			v.SetInt(x)
		}
	case v.CanUint():
		x := v.Uint()
		if number(a, &x); v.OverflowUint(x) {
			a.damaged("%d is no %v", x, v.Type())
		} else if a.reading {
			v.SetUint(x)
		}
	case v.CanFloat():
		x := math.Float64bits(v.Float())
		if number(a, &x); math.IsNaN(math.Float64frombits(x)) {
			a.damaged("a number that is none")
		} else if a.reading {
			v.SetFloat(math.Float64frombits(x))
		}
	case v.Kind() == reflect.Bool:
		x := v.Bool()
		if a.flags(&x); a.reading {
			v.SetBool(x)
		}
	case v.Kind() == reflect.String:
		x := v.String()
		if text(a, &x); a.reading {
			v.SetString(x)
		}
	default: // an invariant of ours: what is carried is made of these
		a.damaged("a %v cannot be carried", v.Type())
	}
}
