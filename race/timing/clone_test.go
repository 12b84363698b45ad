package timing_test

import (
	"bytes"
	"testing"

	"lightsout/race"
	"lightsout/race/timing"
)

func TestClone_SharesOnlyImmutableMemory(t *testing.T) {
	s := eventful(t, map[string]bool{})
	if shared := s.state.Shared(s.state.Clone()); len(shared) > 0 {
		t.Errorf("a state and its clone share %v", shared)
	}
	if shared := s.state.Shared(s.state); len(shared) < 20 {
		t.Errorf("the test finds only %v in a state compared with itself", shared)
	}
}

// At every record of a race the clone gives the same facts as the original, and does not change the original.
func TestClone_GivesTheSameFactsAsTheOriginal(t *testing.T) {
	log := eventful(t, map[string]bool{}).log
	for at := range log {
		state := timing.New()
		fold := func(s *timing.State, records []race.Record) {
			for i := range records {
				s.Fold(&records[i], false)
			}
		}
		fold(state, log[:at])
		before, err := state.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		clone := state.Clone()
		fold(clone, log[at:])
		if after, _ := state.AppendBinary(nil); !bytes.Equal(before, after) {
			t.Fatalf("record %d: a record applied to the clone changed the original", at)
		}
		fold(state, log[at:])
		if differs := state.Differs(clone); differs != "" {
			t.Fatalf("record %d: the clone differs from the original:\n%s", at, differs)
		}
	}
}
