package folder_test

import (
	"path/filepath"
	"reflect"
	"testing"

	"lightsout/race"
	"lightsout/race/timing"
)

// takenUp plays a race and takes it up from its snapshots at every so many positions: what follows must be the same.
func takenUp(t *testing.T, records []race.Record, every int) {
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
				t.Fatalf("from a snapshot before record %d, record %d gives (%v)\n%+v\nof the whole log\n%+v", s.from+1, i+1, err, got, want)
			}
		}
	}
	for _, s := range resumed {
		if s.Hash() != whole.Hash() {
			t.Fatalf("from a snapshot before record %d: another hash", s.from+1)
		}
	}
}

func TestRealRaces_AreTakenUpFromASnapshotAtAnyPosition(t *testing.T) {
	completeRaces(t, func(t *testing.T, records []race.Record) { takenUp(t, records, 97) })
}

func TestSingapore2022_IsTakenUpFromASnapshotAtEveryPosition(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long: go test without -short runs it")
	}
	raceDirs(t)
	takenUp(t, readRace(t, filepath.Join(racesDir, "2022-17-singapore")), 1)
}
