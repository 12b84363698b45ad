package audit

import (
	"fmt"

	"lightsout/race"
)

// place is what a finding counts.
type place string

const (
	inLog     place = "record"
	inPicture place = "tick"
)

// maxFindings is how many findings of one kind are told.
const maxFindings = 3

// finding is something that does not hold, from one record or tick to another.
type finding struct {
	place       place
	kind        string
	first, last uint64
	said        string // of the first
}

// find notes something that does not hold of a record or tick; one right after another of the same kind goes with it.
func (a *Audit) find(where place, at race.Seq, kind, said string) {
	n := uint64(at)
	if len(a.found) > 0 {
		if last := &a.found[len(a.found)-1]; last.place == where && last.kind == kind && last.last+1 >= n && n >= last.first {
			last.last = n
			return
		}
	}
	a.found = append(a.found, finding{where, kind, n, n, said})
}

// words tells of findings, of each kind only so many.
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
			out = append(out, fmt.Sprintf("%ss %d to %d, the first: %s", f.place, f.first, f.last, f.said))
		default:
			out = append(out, fmt.Sprintf("%s %d: %s", f.place, f.first, f.said))
		}
	}
	for _, f := range firsts {
		if more := told[f.kind] - maxFindings; more > 0 {
			out = append(out, fmt.Sprintf("%d more like that of %s %d", more, f.place, f.first))
		}
	}
	return out
}
