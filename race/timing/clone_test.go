package timing_test

import (
	"bytes"
	"testing"

	"lightsout/race"
	"lightsout/race/timing"
)

func TestClone_SharesNothingThatChanges(t *testing.T) {
	s := eventful(t, map[string]bool{})
	if shared := s.state.Shared(s.state.Clone()); len(shared) > 0 {
		t.Errorf("a state and its clone share %v", shared)
	}
	if shared := s.state.Shared(s.state); len(shared) < 20 {
		t.Errorf("the test finds only %v in a state compared with itself", shared)
	}
}

// At every record of a race a clone goes on as the race does, and the race is as it was whatever becomes of the clone.
func TestClone_GoesOnAsTheStateItWasMadeOf(t *testing.T) {
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
			t.Fatalf("record %d: what the clone took has changed the state", at)
		}
		fold(state, log[at:])
		if differs := state.Differs(clone); differs != "" {
			t.Fatalf("record %d: the clone went another way:\n%s", at, differs)
		}
	}
}
