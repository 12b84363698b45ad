package sweep

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/racefile"
	"lightsout/race"
)

// Limits of a sweep.
const (
	maxRaces  = 1_000_000
	maxCombos = 10_000
)

// Plan is what a sweep runs: each combination of values, with each seed, so many times. Its races are numbered in that order.
type Plan struct {
	Race    racefile.Tree
	Vary    []Variable
	Seeds   []uint64
	Repeats int
}

// Variable is a field of the race file, by its path, and the values that it takes.
type Variable struct {
	Path   string
	Values []any
}

// Item is a race of a plan.
type Item struct {
	Combo, Repeat int
	Order         race.Order
	Values        []any // of the variables
}

// ReadPlan reads a sweep file: race, vary, seeds and repeats.
func ReadPlan(path string) (*Plan, racefile.Tree, error) {
	t, err := racefile.Read(path)
	if err != nil {
		return nil, nil, err
	}
	p, err := PlanOf(t)
	if err != nil {
		return nil, nil, cli.BadInput("%s: %w", path, err)
	}
	return p, t, nil
}

// PlanOf reads a plan from what a sweep file holds.
func PlanOf(t racefile.Tree) (*Plan, error) {
	p := &Plan{Race: racefile.Tree{}, Seeds: []uint64{1}, Repeats: 1}
	var err error
	for _, key := range sortedKeys(t) {
		switch v := t[key]; key {
		case "race":
			of, ok := v.(map[string]any)
			if !ok {
				return nil, fmt.Errorf("race: is %v: allowed is an object, as lightsout simulate --print-config prints it", v)
			}
			p.Race = of
		case "vary":
			if p.Vary, err = readVariables(v); err != nil {
				return nil, err
			}
		case "seeds":
			if p.Seeds, err = readSeeds(v); err != nil {
				return nil, err
			}
		case "repeats":
			n, err := strconv.Atoi(fmt.Sprint(v))
			if err != nil || n < 1 || n > maxRaces {
				return nil, fmt.Errorf("repeats: is %v: allowed is 1 to %d", v, maxRaces)
			}
			p.Repeats = n
		default:
			return nil, fmt.Errorf("%s: is unknown: allowed are race, vary, seeds, repeats", key)
		}
	}
	return p, p.check()
}

func sortedKeys(t map[string]any) []string {
	keys := make([]string, 0, len(t))
	for k := range t {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func readVariables(v any) ([]Variable, error) {
	of, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("vary: is %v: allowed is an object of paths such as model.pace.noise_s", v)
	}
	var out []Variable
	for _, path := range sortedKeys(of) {
		first, _, _ := strings.Cut(path, ".")
		if !slices.Contains(racefile.Names(), first) || first == "seed" {
			return nil, fmt.Errorf("vary: %s is no field of a race that can vary: allowed are %s, and seeds beside vary", path,
				strings.Join(slices.DeleteFunc(racefile.Names(), func(n string) bool { return n == "seed" }), ", "))
		}
		values, err := readValues(of[path])
		if err != nil {
			return nil, fmt.Errorf("vary: %s %w", path, err)
		}
		out = append(out, Variable{path, values})
	}
	return out, nil
}

// readValues reads a list, or from, to and step.
func readValues(v any) ([]any, error) {
	var values []any
	switch v := v.(type) {
	case []any:
		values = v
	case map[string]any:
		var at [3]*big.Rat
		for i, name := range []string{"from", "to", "step"} {
			n, ok := v[name].(json.Number)
			if at[i] = new(big.Rat); !ok || len(v) != 3 || len(n) > 20 || !canSet(at[i], n) {
				return nil, fmt.Errorf("is %v: allowed is a list, or from, to and step as numbers", v)
			}
		}
		if at[2].Sign() <= 0 {
			return nil, fmt.Errorf("has the step %v: allowed is one above 0", v["step"])
		}
		for x := at[0]; x.Cmp(at[1]) <= 0 && len(values) <= maxCombos; x = new(big.Rat).Add(x, at[2]) {
			text := strings.TrimRight(strings.TrimRight(x.FloatString(12), "0"), ".")
			values = append(values, json.Number(text))
		}
	}
	if len(values) == 0 || len(values) > maxCombos {
		return nil, fmt.Errorf("has %d values: allowed is a list of 1 to %d, or from, to and step", len(values), maxCombos)
	}
	seen := map[string]bool{}
	for _, one := range values {
		if seen[shown(one)] {
			return nil, fmt.Errorf("has %s twice", shown(one))
		}
		seen[shown(one)] = true
	}
	return values, nil
}

func canSet(r *big.Rat, n json.Number) bool {
	if strings.ContainsAny(string(n), "eE") {
		return false
	}
	_, ok := r.SetString(string(n))
	return ok
}

// shown is a value in a column.
func shown(v any) string {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case string:
		return v
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // it came from YAML
	}
	return string(text)
}

func readSeeds(v any) ([]uint64, error) {
	switch v := v.(type) {
	case string:
		return ParseSeeds(v)
	case json.Number:
		return ParseSeeds(v.String())
	case []any:
		var parts []string
		for _, one := range v {
			parts = append(parts, fmt.Sprint(one))
		}
		return ParseSeeds(strings.Join(parts, ","))
	}
	return nil, fmt.Errorf("seeds: is %v: allowed are such as 1-200 or [1, 2, 7]", v)
}

// ParseSeeds reads seeds such as 1-200,300.
func ParseSeeds(text string) ([]uint64, error) {
	var out []uint64
	seen := map[uint64]bool{}
	for _, part := range strings.Split(text, ",") {
		low, high, is := strings.Cut(strings.TrimSpace(part), "-")
		if !is {
			high = low
		}
		from, errFrom := strconv.ParseUint(low, 10, 64)
		to, errTo := strconv.ParseUint(high, 10, 64)
		if errFrom != nil || errTo != nil || to < from || to-from >= maxRaces || len(out) > maxRaces {
			return nil, fmt.Errorf("seeds: %q is none: allowed are whole numbers and ranges of up to %d, such as 1-200,300", part, maxRaces)
		}
		for n := from; ; n++ {
			if seen[n] {
				return nil, fmt.Errorf("seeds: %d is there twice", n)
			}
			seen[n] = true
			if out = append(out, n); n == to {
				break
			}
		}
	}
	return out, nil
}

// Combos is the number of combinations of values.
func (p *Plan) Combos() int {
	n := 1
	for _, v := range p.Vary {
		if n *= len(v.Values); n > maxCombos {
			return n
		}
	}
	return n
}

// Len is the number of races.
func (p *Plan) Len() int { return p.Combos() * len(p.Seeds) * p.Repeats }

// check refuses a plan that is too large, or of a race that cannot be.
func (p *Plan) check() error {
	if n := p.Combos(); n > maxCombos {
		return fmt.Errorf("vary: makes more than %d combinations", maxCombos)
	}
	if n := len(p.Seeds) * p.Repeats; n > maxRaces || p.Combos()*n > maxRaces {
		return fmt.Errorf("the sweep has more than %d races", maxRaces)
	}
	for c := range p.Combos() {
		if _, err := p.Item(c * len(p.Seeds) * p.Repeats); err != nil {
			return fmt.Errorf("with %s: %w", p.words(p.values(c)), err)
		}
	}
	return nil
}

// words name the values of a combination.
func (p *Plan) words(values []any) string {
	var parts []string
	for i, v := range p.Vary {
		parts = append(parts, v.Path+" "+shown(values[i]))
	}
	if parts == nil {
		return "nothing varied"
	}
	return strings.Join(parts, ", ")
}

// values are those of a combination. The last variable changes fastest.
func (p *Plan) values(combo int) []any {
	out := make([]any, len(p.Vary))
	for i := len(p.Vary) - 1; i >= 0; i-- {
		n := len(p.Vary[i].Values)
		out[i] = p.Vary[i].Values[combo%n]
		combo /= n
	}
	return out
}

// Item is the i-th race. The first repeat has the seed itself, the others have seeds that follow from it.
func (p *Plan) Item(i int) (Item, error) {
	each := len(p.Seeds) * p.Repeats
	it := Item{Combo: i / each, Repeat: i%p.Repeats + 1}
	it.Values = p.values(it.Combo)
	t := p.Race
	var err error
	for k, v := range p.Vary {
		if t, err = t.Set(v.Path, it.Values[k]); err != nil {
			return it, err
		}
	}
	if t, err = t.Set("seed", again(p.Seeds[i%each/p.Repeats], it.Repeat)); err != nil {
		return it, err
	}
	it.Order, err = t.Order()
	it.Order.Speed = 0
	return it, err
}

// again is the seed of a repeat (splitmix64).
func again(seed uint64, repeat int) uint64 {
	if repeat == 1 {
		return seed
	}
	x := seed ^ uint64(repeat)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
