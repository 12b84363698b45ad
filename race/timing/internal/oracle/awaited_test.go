package oracle_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"lightsout/race"
	"lightsout/race/timing"
)

// TestEngine_DatesPassingsReportedBeforeTheStartSignal reports passings of some decoders of random races by date before the
// start signal, in the same order as after it, and expects the same race.
func TestEngine_DatesPassingsReportedBeforeTheStartSignal(t *testing.T) {
	awaited := 0
	rapidly(t, 2000, func(t *rapid.T) {
		plain := newEngine()
		for _, r := range drawLog(t) {
			if c, ok := r.Body.(race.Corrected); ok && c.Kind == race.CorrectSplit && c.At == 0 {
				continue // the split point depends on what is known when the ruling is applied
			}
			plain.takeNamed(r)
		}
		log, moved := reportBeforeSignal(t, plain.log)
		early := newEngine()
		for i := range log {
			if !early.take(log[i]) { // a passing that changed its side of the end makes another race
				return
			}
			if b, err := early.state.AppendBinary(nil); err != nil {
				t.Fatal(err)
			} else if again, err := timing.Decode(b); err != nil || again.Hash() != early.state.Hash() {
				t.Fatalf("after record %d: the race from its snapshot differs: %v", i+1, err)
			}
		}
		for _, r := range early.log {
			p, passing := r.Body.(race.Passing)
			if _, judged := early.verdicts[r.Seq]; passing && r.Time.PreStart() && !judged {
				t.Fatalf("record %d was reported before the signal and has no verdict: %+v", r.Seq, p)
			}
		}
		if d := early.differs(); d != "" {
			t.Fatalf("%s\n\n%s", d, program(early.log))
		}
		if plain.state.Hash() != early.state.Hash() {
			t.Fatalf("the hashes differ:\n%s\n%s", program(plain.log), program(early.log))
		}
		awaited += moved
	})
	if awaited < 1000 {
		t.Errorf("only %d passings were reported before the signal", awaited)
	}
}

// reportBeforeSignal moves the passings of some decoders, and of cars reported by number, to before the start signal and reports them by
// date.
func reportBeforeSignal(t *rapid.T, log []race.Record) (out []race.Record, moved int) {
	after := race.Micros(rapid.IntRange(1, 1_000_000_000).Draw(t, "after"))
	chosen := map[string]bool{}
	for _, decoder := range []string{"", "d0", "d1", "d2"} {
		chosen[decoder] = rapid.Bool().Draw(t, "by date")
	}
	start := slices.IndexFunc(log, func(r race.Record) bool { _, ok := r.Body.(race.Started); return ok })
	over := slices.IndexFunc(log, func(r race.Record) bool { _, ok := r.Body.(race.Ended); return ok })
	var before, rest []race.Record
	for i, r := range log[start+1:] {
		p, passing := r.Body.(race.Passing)
		decoder := ""
		if passing && p.Source != nil {
			decoder = p.Source.Decoder
		}
		if !passing || !chosen[decoder] || over >= 0 && start+1+i > over {
			rest = append(rest, r)
			continue
		}
		r.Time += race.PreStartZero + after
		before = append(before, r)
	}
	signal := log[start]
	signal.Body = race.Started{After: after}
	now := map[race.Seq]race.Seq{}
	for _, r := range slices.Concat(log[:start], before, []race.Record{signal}, rest) {
		old := r.Seq
		r.Seq, r.Body = race.Seq(len(out)+1), renamed(r.Body, now)
		now[old] = r.Seq
		out = append(out, r)
	}
	return out, len(before)
}
