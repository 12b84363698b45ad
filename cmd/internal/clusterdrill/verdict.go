package clusterdrill

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"lightsout/actors/drill"
	"lightsout/race"
)

// Verdict is what a drill of several processes has shown.
type Verdict struct {
	Scenario *Scenario      `json:"scenario"`
	Passed   bool           `json:"passed"`
	Broken   []string       `json:"broken_promises"`
	Strikes  []Struck       `json:"strikes"`
	Races    []RaceVerdict  `json:"races"`
	External ExternalResult `json:"external"`
	// Recovery is the longest pause between two facts of a race in the 12 s after a strike, over all strikes and races that ran; it includes
	// the pause that the race itself makes.
	RecoveryP50MS int64 `json:"recovery_p50_ms"`
	RecoveryP99MS int64 `json:"recovery_p99_ms"`
	RecoveryMaxMS int64 `json:"recovery_max_ms"`
	// Void counts entries of the log that do not count, by why: what zombies wrote, what was sent twice.
	Void       map[string]int64 `json:"void_entries"`
	Spectators SpectatorResult  `json:"spectators"`
	// Checks are the comparisons of what spectators saw; those of a race at a gateway are in Races.
	Checks  []drill.Check `json:"checks"`
	Seconds float64       `json:"seconds"` // from the first order to the last comparison
}

// RaceVerdict compares a race, as a gateway tells it, with the same race undisturbed.
type RaceVerdict struct {
	Race    string `json:"race"`
	Seed    uint64 `json:"seed"`
	Gateway int    `json:"gateway"`
	drill.Comparison
}

// ExternalResult is what became of the passings that were reported.
type ExternalResult struct {
	Sent         int `json:"sent"`
	Acknowledged int `json:"acknowledged"`
	Counted      int `json:"counted"`  // as accepted in the log, at the gateway with the fewest
	Repeats      int `json:"repeated"` // requests that a client had to send again and whose first one had counted
	// Latency is of a request of 20 passings until its acknowledgement, with all that was sent again.
	LatencyP50MS int64 `json:"latency_p50_ms"`
	LatencyP99MS int64 `json:"latency_p99_ms"`
	LatencyMaxMS int64 `json:"latency_max_ms"`
}

// SpectatorResult is what those saw who went from gateway to gateway.
type SpectatorResult struct {
	Spectators  int `json:"spectators"`
	Connections int `json:"connections"`
	Facts       int `json:"facts"`
	Missed      int `json:"missed"`
	Doubled     int `json:"doubled"`
	Snapshots   int `json:"snapshots_instead_of_facts"`
}

func (v *Verdict) promise(kept bool, format string, args ...any) {
	if !kept {
		v.Broken = append(v.Broken, fmt.Sprintf(format, args...))
	}
}

// recoveries sets the times after which facts came again.
func (v *Verdict) recoveries(watching []*spectator) {
	var took []time.Duration
	for _, s := range v.Strikes {
		for _, w := range watching {
			if d, ran := w.silence(s.at, 12*time.Second); ran {
				took = append(took, d)
			}
		}
	}
	v.RecoveryP50MS, v.RecoveryP99MS, v.RecoveryMaxMS = percentiles(took)
}

// percentiles are the median, the 99th percentile and the greatest, in milliseconds; 0 of none.
func percentiles(took []time.Duration) (p50, p99, most int64) {
	if len(took) == 0 {
		return 0, 0, 0
	}
	took = slices.Sorted(slices.Values(took))
	at := func(share float64) int64 { return took[int(share*float64(len(took)-1))].Milliseconds() }
	return at(0.5), at(0.99), at(1)
}

// saw counts what the spectators saw. What there was to see is what all of a race have seen together.
func (v *Verdict) saw(races []*one, hopping []*spectator) {
	all := map[race.ID][]race.Seq{}
	last := map[race.ID]race.Board{}
	for _, o := range races {
		all[o.id], last[o.id] = o.watch.seen, o.watch.board
	}
	for _, w := range hopping {
		all[w.race] = append(slices.Clone(all[w.race]), w.seen...)
	}
	for id, seen := range all {
		slices.Sort(seen)
		all[id] = slices.Compact(seen)
	}
	v.Spectators.Spectators = len(hopping)
	for _, w := range hopping {
		missed := w.missed(all[w.race])
		w.mu.Lock()
		v.Spectators.Connections += w.back
		v.Spectators.Facts += len(w.seen)
		v.Spectators.Missed += len(missed)
		v.Spectators.Doubled += len(w.wrong)
		v.Spectators.Snapshots += w.snapshots
		for _, wrong := range w.wrong {
			v.promise(false, "a spectator of race %s: %s", w.race, wrong)
		}
		v.promise(reflect.DeepEqual(w.board.Result, last[w.race].Result), "a spectator of race %s has seen another result", w.race)
		w.mu.Unlock()
	}
	for _, o := range races {
		all := []*drill.Spectator{o.watch.sees}
		for _, w := range hopping {
			if w.race == o.id {
				all = append(all, w.sees)
			}
		}
		if o.reference != nil {
			v.Checks = append(v.Checks, o.reference.Seen(all)...)
		}
	}
}

// judge says which promises were broken.
func (v *Verdict) judge() {
	v.promise(len(v.Strikes) == len(plan(v.Scenario)), "%d strikes fell of %d", len(v.Strikes), len(plan(v.Scenario)))
	for _, s := range v.Strikes {
		v.promise(s.Racing > 0, "%s of %s fell when no race ran: it shows nothing", s.What, s.Of)
	}
	for i := range v.Races {
		r := &v.Races[i]
		for _, text := range r.Differences() {
			v.promise(false, "race %s at gateway %d: %s", r.Race, r.Gateway, text)
		}
	}
	e := v.External
	v.promise(e.Acknowledged == e.Sent, "%d passings were acknowledged of %d", e.Acknowledged, e.Sent)
	v.promise(e.Counted == e.Sent, "%d passings count of %d", e.Counted, e.Sent)
	for i := range v.Checks {
		v.promise(v.Checks[i].Identical, "%s", v.Checks[i].Text)
	}
	s := v.Spectators
	v.promise(s.Missed == 0, "spectators missed %d facts", s.Missed)
	v.promise(s.Doubled == 0, "spectators saw %d facts twice or out of order", s.Doubled)
	v.Passed = len(v.Broken) == 0
}
