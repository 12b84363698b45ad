package timing

import (
	"fmt"
	"strings"

	"lightsout/race"
)

// explainLate adds to the verdict on a passing received after the result was final what accepting it would change, for the marshals.
// It accepts the passing temporarily and reverts everything. factsBefore is the number of facts before the passing.
func (s *State) explainLate(idx race.CarIdx, seq race.Seq, factsBefore int) {
	at := factsBefore
	for ; at < len(s.facts); at++ {
		if j, ok := s.facts[at].(race.PassingJudged); ok && j.Seq == seq {
			break
		}
	}
	if at == len(s.facts) {
		return
	}
	judged := s.facts[at].(race.PassingJudged) // the search above found this type
	_, h := s.find(seq)
	if judged.Verdict != race.Suspect || h == nil {
		return
	}
	before := s.classify()
	facts, moved, amended := s.facts, s.moved, s.amended
	s.facts, s.amended = nil, nil
	h.ruled = accepted
	s.recompute(idx)
	after := s.classify()
	h.ruled = unruled
	s.recompute(idx)
	s.emitEvents()
	s.facts, s.moved, s.amended, s.dirty = facts, moved, amended, false
	judged.Reason += s.difference(before, after, idx)
	s.facts[at] = judged
}

// difference describes how another result would differ, for the car of the passing and for the winner.
func (s *State) difference(before, after []race.Classified, idx race.CarIdx) string {
	var was, now race.Classified
	others := 0
	for i := range before {
		if before[i].Car == idx {
			was = before[i]
		}
		if after[i].Car == idx {
			now = after[i]
		}
		if before[i].Car != after[i].Car {
			others++
		}
	}
	if others == 0 && was == now {
		return ": accepted, it changes no line of the result"
	}
	var parts []string
	differs := func(what, is, before string) {
		if is != before {
			parts = append(parts, fmt.Sprintf("%s %s instead of %s", what, is, before))
		}
	}
	if now.Laps != was.Laps {
		parts = append(parts, fmt.Sprintf("has %d laps instead of %d", now.Laps, was.Laps))
	}
	differs("is", placeOf(now), placeOf(was))
	differs("has a race time of", timeOf(now.DurationMS), timeOf(was.DurationMS))
	differs("has a best lap of", timeOf(now.BestLapMS), timeOf(was.BestLapMS))
	text := ": accepted, it changes places of other cars"
	if parts != nil {
		text = fmt.Sprintf(": accepted, car %d %s", s.entries[idx].Number, strings.Join(parts, " and "))
	}
	if before[0].Car != after[0].Car {
		text += fmt.Sprintf("; car %d wins instead of car %d", s.entries[after[0].Car].Number, s.entries[before[0].Car].Number)
	}
	return text
}

func timeOf(ms int64) string {
	if ms < 0 {
		return "none"
	}
	return (race.Micros(ms) * race.Millisecond).String()
}

func placeOf(e race.Classified) string {
	if e.Position == 0 {
		return e.Status.String()
	}
	return fmt.Sprintf("P%d", e.Position)
}
