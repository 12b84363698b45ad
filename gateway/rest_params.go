package gateway

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lightsout/gateway/body"
	"lightsout/race"
)

// query reads query parameters. It refuses unknown, empty and repeated ones.
func query(c *fiber.Ctx, known ...string) (map[string]string, error) {
	allowed := "none"
	if len(known) > 0 {
		allowed = strings.Join(known, ", ")
	}
	given, err := url.ParseQuery(string(c.Context().URI().QueryString()))
	if err != nil {
		return nil, refuse(fiber.StatusBadRequest, "the query cannot be read: "+err.Error())
	}
	out := map[string]string{}
	var wrong faults
	for name, values := range given {
		switch out[name] = values[0]; {
		case !slices.Contains(known, name):
			wrong.add(body.Short(name), "is not a known parameter", allowed)
		case values[0] == "": // empty means neither the default nor all
			wrong.add(name, "is empty", "a value, or leave it out")
		case len(values) > 1:
			wrong.add(name, fmt.Sprintf("is given %d times", len(values)), "one value")
		}
	}
	slices.SortFunc(wrong, func(a, b race.Fault) int { return strings.Compare(a.Field, b.Field) })
	return out, wrong.err()
}

// number parses a parameter that is a whole number from low to high; fallback if it is missing.
func number(params map[string]string, name string, low, high, fallback int64) (int64, error) {
	text, given := params[name]
	if !given {
		return fallback, nil
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil || v < low || v > high {
		return 0, &race.InvalidError{Faults: []race.Fault{{
			Field: name, Message: fmt.Sprintf("is %q", text), Allowed: fmt.Sprintf("a whole number from %d to %d", low, high),
		}}}
	}
	return v, nil
}

// faults collects the faults of parameters.
type faults []race.Fault

func (f *faults) add(field, message, allowed string) {
	*f = append(*f, race.Fault{Field: field, Message: message, Allowed: allowed})
}

func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return &race.InvalidError{Faults: f}
}
