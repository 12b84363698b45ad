package folder

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"lightsout/race"
)

// suspension is a suspension under a red flag. Its time has two parts: the part that the crossings of the file include, and the
// part that they leave out; all later crossings are shifted by the latter.
type suspension struct {
	lap      int // the leader's lap when the flag was shown
	from     race.Micros
	included race.Micros
	left     race.Micros
}

func (s *suspension) to() race.Micros { return s.from + s.included + s.left }

// stood reports whether the race was suspended between two times.
func (r *reader) stood(from, to race.Micros) bool {
	return slices.ContainsFunc(r.suspensions, func(s suspension) bool { return s.from >= from && s.to() <= to })
}

// maxSuspensionExcess limits the excess that makes a lap count as suspended: half of a usual lap, but at most this.
const maxSuspensionExcess = race.Minute

// readSuspensions computes the suspensions: race.json gives the laps of the red flags, the laps give the durations. A
// suspension counts for the race time, but not for the running limit (rules 2 and 5).
func (r *reader) readSuspensions() error {
	flagged, err := r.controlFlags()
	if err != nil {
		return err
	}
	defer r.noteMismatches()
	if r.flagged = flagged; flagged {
		if len(r.head.RedFlags) > 0 {
			r.note("red_flags of %s are not read: %s says when the race was suspended", headFile, controlFile)
		}
		return nil
	}
	stands, err := r.findStandings()
	if err != nil {
		return err
	}
	r.suspensions = stands
	r.noteLongLap()
	return nil
}

// controlFlags reports whether control.csv has the suspensions of the race.
func (r *reader) controlFlags() (bool, error) {
	text, err := r.text(controlFile)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	t, err := parseTable(controlFile, text, "kind")
	if err != nil {
		return false, err
	}
	for i := range t.rows {
		switch one := (&row{t: t, at: i}); one.words("kind") {
		case "red", "suspended", "abandoned":
			return true, nil
		}
	}
	return false, nil
}

// findStandings finds the suspension of each red flag that was resumed, by time.
func (r *reader) findStandings() ([]suspension, error) {
	f := newCrossings(r.laps)
	var found []suspension
	for i, flag := range r.head.RedFlags {
		if !flag.Resumed {
			continue
		}
		// Include the next lap: the cars may have ended the lap of the flag before they stopped.
		last := int(flag.Lap) + 1
		if i+1 < len(r.head.RedFlags) && int(r.head.RedFlags[i+1].Lap) == last {
			last--
		}
		if s, ok := f.standing(int(flag.Lap), last, found); ok {
			found = append(found, s)
		} else {
			r.note("red flag in lap %d: no car has a crossing on either side of it, and it is not read", flag.Lap)
		}
	}
	slices.SortFunc(found, func(a, b suspension) int { return cmp.Compare(a.from, b.from) })
	if err := r.shareLeft(found); err != nil {
		return nil, err
	}
	r.shift(found)
	for _, s := range found {
		switch {
		case s.included+s.left == 0 && slices.ContainsFunc(found, func(o suspension) bool { return o.lap == s.lap && o != s }):
			r.note("red flag in lap %d: a second one in that lap is taken to be of the same suspension", s.lap)
		case s.included+s.left == 0:
			r.note("red flag in lap %d: no lap near it is longer than usual, so that it is not known how long the race stood still: say so in %s (red, clear)",
				s.lap, controlFile)
		case s.left == 0:
			r.note("red flag in lap %d: the race is taken to have stood still for %v from %v, by which the laps are longer than usual",
				s.lap, s.included, s.from)
		default:
			r.note("red flag in lap %d: the race was suspended for %v from %v, of which the laps leave out %v", s.lap, s.included+s.left, s.from, s.left)
		}
	}
	return slices.DeleteFunc(found, func(s suspension) bool { return s.included+s.left == 0 }), nil
}

// shareLeft computes the time that the laps leave out, from the winner's official time. With several red flags it is shared
// equally by those of which the laps include nothing; no file has more information.
func (r *reader) shareLeft(found []suspension) error {
	left, err := r.leftOut()
	if err != nil || len(found) == 0 {
		return err
	}
	for _, s := range found { // found in the lap times
		left -= s.left
	}
	if left < race.Second {
		return nil
	}
	var takes []int
	for i, s := range found {
		if s.included+s.left == 0 {
			takes = append(takes, i)
		}
	}
	if len(takes) == 0 {
		for i := range found {
			takes = append(takes, i)
		}
	}
	if len(takes) > 1 {
		r.note("the laps leave out %v of %d suspensions: each is taken to have an equal part of it", left, len(takes))
	}
	for n, i := range takes {
		part := left / race.Micros(len(takes)-n)
		found[i].left += part
		left -= part
	}
	return nil
}

// leftOut returns by how much the winner's official time without penalties exceeds the laps; 0 if unknown.
func (r *reader) leftOut() (race.Micros, error) {
	t, err := r.open(resultsFile, false, "number")
	if t == nil {
		return 0, err
	}
	winner := &row{t: t}
	for i := range t.rows {
		if one := (&row{t: t, at: i}); strings.TrimSuffix(one.text("position"), ".0") == "1" {
			winner = one
			break
		}
	}
	car, known := r.slots[int(winner.number("number", 0, numberMax))]
	total, timed := winner.time("time", 0)
	penalty, _ := winner.time("time_penalty", 0)
	if winner.err != nil || !known || !timed || total == 0 || len(r.laps[car]) == 0 {
		return 0, winner.err
	}
	laps := r.laps[car]
	left := total - penalty - laps[len(laps)-1].end
	if left <= -race.Second {
		r.note("%s: the winner's time is %v shorter than the laps: the laps are taken", resultsFile, -left)
	}
	return max(0, left), nil
}

// shift moves all crossings by the parts of earlier suspensions that the laps left out.
func (r *reader) shift(found []suspension) {
	moved := func(at race.Micros) race.Micros {
		by := race.Micros(0)
		for _, s := range found {
			if at > s.from {
				by += s.left
			}
		}
		return at + by
	}
	for _, laps := range r.laps {
		for i := range laps {
			laps[i].end = moved(laps[i].end)
		}
	}
	froms := make([]race.Micros, len(found))
	for i := range found {
		froms[i] = moved(found[i].from)
	}
	for i := range found {
		found[i].from = froms[i]
	}
}

// noteLongLap adds a note for a lap in which the whole field seems to have stopped for a reason that no file gives.
func (r *reader) noteLongLap() {
	f := newCrossings(r.laps)
	if len(f.firsts) < 3 {
		return
	}
	from, gap := f.longest(f.ended(1), f.ended(len(f.firsts)), r.suspensions)
	if included, _ := f.excess(from, from+gap, r.suspensions); gap > 0 && included > max(2*race.Minute, f.usual) {
		r.note("no car crossed the line for %v from %v, and the laps are %v longer than usual: if the race was suspended, say so in %s (red_flags) or %s (red, clear)",
			gap, from, included, headFile, controlFile)
	}
}
