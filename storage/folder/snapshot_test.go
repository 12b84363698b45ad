package folder_test

import (
	"path/filepath"
	"reflect"
	"testing"

	"lightsout/race"
	"lightsout/race/timing"
)

// continuesFromSnapshots applies a race, restores it from its snapshots at intervals, and checks that the rest gives the same facts.
func continuesFromSnapshots(t *testing.T, records []race.Record, every int) {
	t.Helper()
	type state struct {
		from int
		*timing.State
	}
	whole := timing.New()
	var resumed []state
	for i := range records {
		if i%every == 0 {
			b, err := whole.AppendBinary(nil)
			if err != nil {
				t.Fatal(err)
			}
			s, err := timing.Decode(b)
			if err != nil {
				t.Fatal(err)
			}
			resumed = append(resumed, state{i, s})
		}
		want, err := whole.Apply(&records[i], nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range resumed {
			if got, err := s.Apply(&records[i], nil); err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("from a snapshot before record %d, record %d gives (%v)\n%+v\nthe whole log gives\n%+v", s.from+1, i+1, err, got, want)
			}
		}
	}
	for _, s := range resumed {
		if s.Hash() != whole.Hash() {
			t.Fatalf("from a snapshot before record %d: the hash differs", s.from+1)
		}
	}
}

func TestRealRaces_ContinueFromASnapshotAtAnyPosition(t *testing.T) {
	completeRaces(t, func(t *testing.T, records []race.Record) { continuesFromSnapshots(t, records, 97) })
}

func TestSingapore2022_ContinuesFromASnapshotAtEveryPosition(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long: go test without -short runs it")
	}
	raceDirs(t)
	continuesFromSnapshots(t, readRace(t, filepath.Join(racesDir, "2022-17-singapore")), 1)
}
