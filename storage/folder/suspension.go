package folder

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"lightsout/race"
)

// standing is a time in which the race stood still under a red flag. It has two parts: the one that the crossings of the
// file include, and the one that they leave out, by which all that came later is moved.
type standing struct {
	lap      int // the leader's when the flag was shown
	from     race.Micros
	included race.Micros
	left     race.Micros
}

func (s *standing) to() race.Micros { return s.from + s.included + s.left }

// stood says that the race stood still between two times.
func (r *reader) stood(from, to race.Micros) bool {
	return slices.ContainsFunc(r.stands, func(s standing) bool { return s.from >= from && s.to() <= to })
}

// maxStanding is how much longer than usual a lap must be at least to be taken for one in which the race stood still: half
// of a usual lap, and no more than this.
const maxStanding = race.Minute

// readSuspensions works out when the race stood still: race.json tells in which laps red flags were shown, and the laps for
// how long. The time counts for the race time, and not for the limit of running time (rules 2 and 5).
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
	r.stands = stands
	r.noteLongLap()
	return nil
}

// controlFlags says that control.csv has a red flag, or that there was none to be resumed.
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

// findStandings finds the standing of each red flag that was resumed, in the order of time.
func (r *reader) findStandings() ([]standing, error) {
	f := newCrossings(r.laps)
	var found []standing
	for i, flag := range r.head.RedFlags {
		if !flag.Resumed {
			continue
		}
		// The lap after the flag's is looked at as well: the cars may have ended the lap before they stopped.
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
	slices.SortFunc(found, func(a, b standing) int { return cmp.Compare(a.from, b.from) })
	if err := r.shareLeft(found); err != nil {
		return nil, err
	}
	r.shift(found)
	for _, s := range found {
		switch {
		case s.included+s.left == 0 && slices.ContainsFunc(found, func(o standing) bool { return o.lap == s.lap && o != s }):
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
	return slices.DeleteFunc(found, func(s standing) bool { return s.included+s.left == 0 }), nil
}

// shareLeft finds out what the laps leave out: the winner's official time includes it. Where there are several red flags,
// those have it of which the laps include nothing, in equal parts: no file says more.
func (r *reader) shareLeft(found []standing) error {
	left, err := r.leftOut()
	if err != nil || len(found) == 0 {
		return err
	}
	for _, s := range found { // what lap times told already
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

// leftOut is by how much the winner's official time, without penalties, is longer than the laps; 0 where it is not known.
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

// shift moves all crossings by what the laps left out of the suspensions before them.
func (r *reader) shift(found []standing) {
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

// noteLongLap points to a lap in which the whole field will have stood still, and no file says why.
func (r *reader) noteLongLap() {
	f := newCrossings(r.laps)
	if len(f.firsts) < 3 {
		return
	}
	from, gap := f.longest(f.ended(1), f.ended(len(f.firsts)), r.stands)
	if included, _ := f.excess(from, from+gap, r.stands); gap > 0 && included > max(2*race.Minute, f.usual) {
		r.note("nobody crossed the line for %v from %v, and the laps are %v longer than usual: if the race was suspended, say so in %s (red_flags) or %s (red, clear)",
			gap, from, included, headFile, controlFile)
	}
}
