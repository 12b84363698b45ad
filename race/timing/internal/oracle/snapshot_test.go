package oracle_test

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"lightsout/race"
	"lightsout/race/timing"
)

// factsOf returns the facts of each record of a log.
func factsOf(s *timing.State, log []race.Record) (out [][]race.Fact) {
	for i := range log {
		facts, err := s.Apply(&log[i], nil)
		if err != nil {
			facts = nil
		}
		out = append(out, facts)
	}
	return out
}

// TestSnapshot_AndTheRestOfTheLogGiveTheFactsOfTheWholeLog snapshots random races at every position.
func TestSnapshot_AndTheRestOfTheLogGiveTheFactsOfTheWholeLog(t *testing.T) {
	rapidly(t, 1000, func(t *rapid.T) {
		log, s := drawLog(t), timing.New()
		snapshots := make([][]byte, len(log))
		var facts [][]race.Fact
		for i := range log {
			b, err := s.AppendBinary(nil)
			if err != nil {
				t.Fatalf("before record %d: %v", i+1, err)
			}
			snapshots[i] = b
			facts = append(facts, factsOf(s, log[i:i+1])...)
		}
		for i, b := range snapshots {
			again, err := timing.Decode(b)
			if err != nil {
				t.Fatalf("before record %d: %v", i+1, err)
			}
			got := factsOf(again, log[i:])
			for j := range got {
				if !reflect.DeepEqual(got[j], facts[i+j]) {
					t.Fatalf("from a snapshot before record %d, record %d gives\n%+v\nthe whole log gives\n%+v", i+1, i+j+1, got[j], facts[i+j])
				}
			}
			if again.Hash() != s.Hash() {
				t.Fatalf("from a snapshot before record %d: the hash differs", i+1)
			}
		}
	})
}
