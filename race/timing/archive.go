package timing

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"

	"lightsout/race"
)

// archive encodes and decodes values. The same visit function writes and reads a value, so that both directions always match.
// Numbers are zigzag varints. After the first damage nothing more is decoded.
type archive struct {
	b       []byte // written so far, or not read yet
	reading bool
	err     error
}

// damaged records why decoding failed; the first reason is kept.
func (a *archive) damaged(format string, args ...any) {
	if a.err == nil {
		a.err = fmt.Errorf("%w: "+format, append([]any{ErrSnapshot}, args...)...)
	}
}

// number visits an integer of any type.
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

// delta visits a number as its difference from another number, which is usually small.
func delta[T ~int32 | ~int64 | ~uint64](a *archive, v *T, from T) {
	d := *v - from
	number(a, &d)
	*v = from + d
}

// flags visits up to eight bools in one byte.
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

// roomAhead is the number of elements allocated before they are read: a damaged length must not allocate much.
const roomAhead = 1024

// list visits the elements of a slice. A nil slice stays distinct from an empty one.
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
	if n < 0 || n-1 > len(a.b) { // an element takes at least one byte
		a.damaged("a list of %d is cut off", n-1)
		return
	}
	out := make([]T, 0, min(n-1, roomAhead))
	*v = out
	for i := 0; i < n-1 && a.err == nil; i++ {
		out = append(out, *new(T))
		*v = out // an element may look at the elements before it
		visit(a, i, &out[i])
	}
}

// numbers visits a slice of numbers.
func numbers[T ~int32 | ~int64](a *archive, v *[]T) {
	list(a, v, func(a *archive, _ int, one *T) { number(a, one) })
}

// moments visits ascending times, each as its difference from the one before.
func moments(a *archive, v *[]race.Micros) {
	list(a, v, func(a *archive, at int, one *race.Micros) {
		before := race.Micros(0)
		if at > 0 {
			before = (*v)[at-1]
		}
		delta(a, one, before)
	})
}

// plain visits a value of the race package through its exported fields, so that a new field is included without a change here.
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
			a.damaged("%d is out of range for %v", x, v.Type())
		} else if a.reading {
			v.SetInt(x)
		}
	case v.CanUint():
		x := v.Uint()
		if number(a, &x); v.OverflowUint(x) {
			a.damaged("%d is out of range for %v", x, v.Type())
		} else if a.reading {
			v.SetUint(x)
		}
	case v.CanFloat():
		x := math.Float64bits(v.Float())
		if number(a, &x); math.IsNaN(math.Float64frombits(x)) {
			a.damaged("a number is NaN")
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
	default: // a bug: State contains a kind that archive does not support
		a.damaged("a %v cannot be encoded", v.Type())
	}
}
