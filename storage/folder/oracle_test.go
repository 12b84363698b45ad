package folder_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"lightsout/race"
	"lightsout/race/timing"
	"lightsout/race/timing/timingtest"
	"lightsout/storage/folder"
)

func readRace(t *testing.T, dir string) []race.Record {
	t.Helper()
	r, err := folder.Read(os.DirFS(dir), race.ID(filepath.Base(dir)))
	if err != nil {
		t.Fatal(err)
	}
	return r.Records
}

// completeRaces runs a test on each complete real race, in parallel.
func completeRaces(t *testing.T, test func(t *testing.T, records []race.Record)) {
	for i, dir := range raceDirs(t) {
		if testing.Short() && i%8 > 0 { // a few will do where only quick tests are wanted
			continue
		}
		if complete(t, dir) {
			t.Run(filepath.Base(dir), func(t *testing.T) {
				t.Parallel()
				test(t, readRace(t, dir))
			})
		}
	}
}

// TestRealRaces_AgreeWithTheOracleThroughout compares after every fifth passing and after every other record; random races are
// compared after every record (race/timing/internal/oracle).
func TestRealRaces_AgreeWithTheOracleThroughout(t *testing.T) {
	completeRaces(t, func(t *testing.T, records []race.Record) {
		s := timing.New()
		for i := range records {
			if _, err := s.Apply(&records[i], nil); err != nil {
				t.Fatalf("record %d: %v", i+1, err)
			}
			if _, passing := records[i].Body.(race.Passing); passing && i%5 > 0 && i < len(records)-100 {
				continue
			}
			want := timingtest.Lines(records[:i+1])
			if got := s.Classification().Entries; !slices.Equal(got, want) {
				t.Fatalf("after record %d:\nengine %+v\noracle %+v", i+1, got, want)
			}
		}
		events := slices.DeleteFunc(s.Events(), func(e race.Event) bool { return e.Kind == race.EventResult })
		if want := timingtest.Classify(records).Events; !slices.Equal(events, want) {
			t.Errorf("the events are\n%+v\nthe oracle has\n%+v", events, want)
		}
	})
}

// disturbed returns a race as faulty decoders would report it: passings in any order, every tenth twice, and every twentieth
// again within the dead time.
func disturbed(records []race.Record, random *rand.Rand) []race.Record {
	var out, passings []race.Record
	var places []int
	for _, r := range records {
		p, ok := r.Body.(race.Passing)
		if !ok {
			out = append(out, r)
			continue
		}
		n := len(passings)
		p.Source = &race.Source{Decoder: "finish", Session: "1", Sequence: uint64(n)}
		r.Body = p
		passings, places, out = append(passings, r), append(places, len(out)), append(out, r)
		if n%10 == 0 {
			passings, places, out = append(passings, r), append(places, len(out)), append(out, r)
		}
		if n%20 == 0 {
			p.Source = &race.Source{Decoder: "finish", Session: "1", Sequence: uint64(1_000_000 + n)}
			passings = append(passings, race.Record{Time: r.Time + race.Second, Body: p})
			places, out = append(places, len(out)), append(out, race.Record{})
		}
	}
	for i, from := range random.Perm(len(passings)) {
		out[places[i]] = passings[from]
	}
	for i := range out {
		out[i].Seq = race.Seq(i + 1)
	}
	return out
}

func TestRealRaces_DoNotDependOnTheOrderOfArrivalOrRepeats(t *testing.T) {
	play := func(t *testing.T, records []race.Record) (*timing.State, race.Classification) {
		s := timing.New()
		for i := range records {
			if _, err := s.Apply(&records[i], nil); err != nil {
				t.Fatalf("record %d: %v", i+1, err)
			}
		}
		return s, s.Classification()
	}
	completeRaces(t, func(t *testing.T, records []race.Record) {
		_, want := play(t, records)
		for seed := range uint64(3) {
			s, got := play(t, disturbed(records, rand.New(rand.NewPCG(seed, 1))))
			if got.StateHash != want.StateHash || !slices.Equal(got.Entries, want.Entries) {
				t.Fatalf("seed %d: hash %s, in order %s\n%+v\n%+v", seed, got.StateHash, want.StateHash, got.Entries, want.Entries)
			}
			if !s.Over() {
				t.Fatal("the race is not over")
			}
		}
	})
}

// special are races with a rule that most races do not need. The figures are the official ones.
var special = []struct {
	dir, what  string
	winner     string
	laps       int
	durationMS int64
	penalised  int
	check      func(c race.Classification) error
}{
	{"2022-17-singapore", "ended by the two-hour limit, the winner with 5 s", "PER", 59, 7340238, 1, func(c race.Classification) error {
		return want("the winner's penalty in ms", c.Entries[0].PenaltyMS, 5000)
	}},
	{"2022-18-japan", "suspended for two hours, ended by the window of three", "VER", 28, 10904004, 2, nil},
	{"2021-12-belgium", "counted back to one lap", "VER", 1, 207071, 1, nil},
	{"2021-09-austria", "six cars penalised after the flag", "VER", 71, 5034543, 6, nil},
	{"2021-13-netherlands", "24 laps down among the classified", "VER", 72, 5405395, 0, func(c race.Classification) error {
		down := 0
		for _, e := range c.Entries {
			if e.Position > 0 {
				down += e.GapLaps
			}
		}
		return want("laps down", int64(down), 24)
	}},
	{"2021-05-monaco", "the car on pole did not start", "VER", 78, 5936820, 0, func(c race.Classification) error {
		last := c.Entries[len(c.Entries)-1]
		return want("the status of the last", int64(last.Status), int64(race.StatusDidNotStart))
	}},
}

func want(what string, got, want int64) error {
	if got != want {
		return fmt.Errorf("%s: %d, official is %d", what, got, want)
	}
	return nil
}

func TestSpecialRaces_HaveTheirOfficialResults(t *testing.T) {
	raceDirs(t)
	for _, one := range special {
		t.Run(one.dir+" "+one.what, func(t *testing.T) {
			s, c := timeFolder(t, filepath.Join(racesDir, one.dir))
			penalised := 0
			for _, e := range c.Entries {
				if e.PenaltyMS > 0 {
					penalised++
				}
			}
			if code := s.Entries()[c.Entries[0].Car].Code; code != one.winner {
				t.Errorf("%s won, officially %s", code, one.winner)
			}
			for _, err := range []error{
				want("laps", int64(c.Entries[0].Laps), int64(one.laps)), want("ms", c.Entries[0].DurationMS, one.durationMS),
				want("penalised cars", int64(penalised), int64(one.penalised)),
			} {
				if err != nil {
					t.Error(err)
				}
			}
			if one.check != nil {
				if err := one.check(c); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestHungary2021_DisqualifiedCarIsLast(t *testing.T) {
	raceDirs(t)
	s, c := timeFolder(t, filepath.Join(racesDir, "2021-11-hungary"))
	last := c.Entries[len(c.Entries)-1]
	if s.Entries()[last.Car].Code != "VET" || last.Status != race.StatusDisqualified || last.Position != 0 {
		t.Errorf("last is %s, %v, at position %d", s.Entries()[last.Car].Code, last.Status, last.Position)
	}
}
