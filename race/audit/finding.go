package audit

import (
	"fmt"

	"lightsout/race"
)

// place is the unit that a finding counts.
type place string

const (
	inLog     place = "record"
	inPicture place = "tick"
)

// maxFindings is how many findings of one kind are reported.
const maxFindings = 3

// finding is a contradiction in a range of records or ticks.
type finding struct {
	place       place
	kind        string
	first, last uint64
	text        string // of the first
}

// find adds a finding; consecutive findings of the same kind become one.
func (a *Audit) find(where place, at race.Seq, kind, text string) {
	n := uint64(at)
	if len(a.found) > 0 {
		if last := &a.found[len(a.found)-1]; last.place == where && last.kind == kind && last.last+1 >= n && n >= last.first {
			last.last = n
			return
		}
	}
	a.found = append(a.found, finding{where, kind, n, n, text})
}

// words formats the findings, at most maxFindings of each kind.
func words(found []finding) []string {
	var out []string
	told, firsts := map[string]int{}, []finding{}
	for _, f := range found {
		if told[f.kind]++; told[f.kind] == 1 {
			firsts = append(firsts, f)
		}
		switch {
		case told[f.kind] > maxFindings:
		case f.last > f.first:
			out = append(out, fmt.Sprintf("%ss %d to %d, the first: %s", f.place, f.first, f.last, f.text))
		default:
			out = append(out, fmt.Sprintf("%s %d: %s", f.place, f.first, f.text))
		}
	}
	for _, f := range firsts {
		if more := told[f.kind] - maxFindings; more > 0 {
			out = append(out, fmt.Sprintf("%d more like that of %s %d", more, f.place, f.first))
		}
	}
	return out
}
