package drill_test

import (
	"testing"

	"lightsout/actors/drill"
)

// FuzzParse reads whatever as a scenario: it never panics, and what it takes is within bounds.
func FuzzParse(f *testing.F) {
	f.Add("faults:\n - {kill: car, share: 0.5, every: 1s}\n")
	f.Add(`{"faults":[{"stall":"race","for":"1s","at":"2s","when":"before"}]}`)
	f.Add("race: &a {circuit: x, cars: *a}\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := drill.Parse("fuzz.yaml", []byte(text))
		if err == nil && (len(s.Faults) == 0 || s.Validate() != nil || s.Name == "") {
			t.Errorf("took %+v", s)
		}
	})
}
