package timing

import (
	"fmt"
	"slices"

	"lightsout/race"
)

// car is a car of the race: what was reported of it, and what follows. The fields that each passing needs are adjacent: with
// thousands of cars most time goes into memory access.
type car struct {
	passings []passing // by time
	// newest is the time of the last passing. It saves a read of passings for each passing in order.
	newest  race.Micros
	lastAct race.Micros // the latest race time in acts
	ruled   rulings
	run     run
	acts    []act        // rulings on the car, in the order of arrival
	emitted []race.Event // published events of the car
}

// run is everything that follows from a car's passings and the rulings on it. It is computed passing by passing, and from the
// beginning after a late passing. All times are truncated once, at the crossing.
type run struct {
	state race.CarState
	// begun is set when the first lap counts: false until a car that starts behind the line has crossed it.
	begun bool
	// progress is laps·lines + line of the last line passed; it orders the cars between laps (rules 1 and 4).
	progress   int32
	progressAt race.Micros // untruncated, decides ties
	laps       int
	lapStart   race.Micros
	loops      []loop // by line
	sectorAt   race.Micros
	miniAt     race.Micros
	nextSector int // the current sector, from 1; 0 after a missed loop
	nextMini   int // the current mini-sector, from 0; -1 after a missed loop
	nextFit    int // index of the next fitted tyres

	row    race.Row // its MiniMarks are in marks
	marked int      // mini-sectors of the current lap that have a mark
	marks  [race.LinesMax]race.Mark

	lap         race.Lap       // the current lap
	sectorEnds  [3]race.Micros // when the sectors on the row ended
	bestSectors [3]timed
	best        race.Micros
	bestLap     int
	ends        []race.Micros // untruncated race time at the end of each lap
	done        []race.Lap
	pits        []pitCrossing
	start       race.Micros // of lap 1
}

// pitCrossing is a counted crossing of a pit line.
type pitCrossing struct {
	seq race.Seq
	at  race.Micros
	lap int // the lap that was current then
	out bool
}

// loop is the state of a car at one timing line. Each passing needs all of it, so it fits into half a cache line.
type loop struct {
	passingAt race.Micros // untruncated: the last passing that counted; NoTime means none
	at        race.Micros // truncated time of its crossing
	bestMini  race.Micros // of the mini-sector that ends here
	progress  int32       // of the crossing; -1 means none
	bestIn    int32       // the progress at which bestMini was set
}

// crossing is the time at which a car reached a progress.
type crossing struct {
	progress int32
	at       race.Micros
}

// newRun returns the run of a car on the grid.
func (s *State) newRun(idx race.CarIdx) run {
	r := run{
		begun:    s.entries[idx].StartOffsetM <= 0 && s.info.Rules.FirstCrossing == race.EndsLap,
		progress: -1, nextSector: 1,
		loops: s.loopsOf(idx), row: race.Row{Car: idx},
	}
	for i := range r.loops {
		r.loops[i] = loop{passingAt: race.NoTime, progress: -1}
	}
	if r.begun {
		r.loops[0].passingAt = 0 // the start signal
	}
	return r
}

// layLoops puts the loops of all cars into one allocation once all cars are known. The address of each then follows from slot
// and line and need not be loaded from the car.
func (s *State) layLoops() {
	all := make([]loop, 0, len(s.cars)*len(s.lines))
	for i := range s.cars {
		all = append(all, s.cars[i].run.loops...)
	}
	s.loops = all
	for i := range s.cars {
		s.cars[i].run.loops = s.loopsOf(race.CarIdx(i))
	}
}

// loopsOf returns a car's part of the shared loops; before the start it allocates the car's own.
func (s *State) loopsOf(idx race.CarIdx) []loop {
	n := len(s.lines)
	if s.loops == nil {
		return make([]loop, n)
	}
	from := int(idx) * n
	return s.loops[from : from+n : from+n]
}

// remember keeps a crossing to compute the gaps of the cars behind.
func (r *run) remember(progress int32, raw, at race.Micros) {
	r.progress, r.progressAt = progress, raw
	l := &r.loops[int(progress)%len(r.loops)]
	l.progress, l.at = progress, at
}

// timeAt returns when the car reached a progress, if that is less than a lap ago.
func (r *run) timeAt(progress int32) (race.Micros, bool) {
	if progress < 0 {
		return 0, false
	}
	l := &r.loops[int(progress)%len(r.loops)]
	return l.at, l.progress == progress
}

// racing reports whether the car's crossings count.
func (r *run) racing() bool { return r.state == race.Running || r.state == race.InPit }

// news is what a passing changed that other cars depend on.
type news struct{ pit, lap bool }

// counts judges a passing by the rules: whether it counts, and if not, why (rule 10).
func (s *State) counts(idx race.CarIdx, c *car, h *passing) bool {
	r := &c.run
	forced := h.ruled == accepted || h.made
	judge := func(v race.Verdict, split race.Micros, format string, args ...any) bool {
		if h.verdict != v || h.unpublished { // an unchanged verdict keeps its published reason
			s.judgeAt(idx, h, v, fmt.Sprintf(format, args...), split)
		}
		return false
	}
	switch {
	case h.out() != "":
		return judge(race.Rejected, race.NoTime, "%s", h.out())
	case h.at < 0:
		return judge(race.Rejected, race.NoTime, "before the start signal: formation laps do not count")
	case c.ruled.state == race.NotStarted:
		return judge(race.Rejected, race.NoTime, "the car did not start")
	case c.ruled.stopAt != race.NoTime && h.at > c.ruled.stopAt:
		return judge(race.Rejected, race.NoTime, "the car was out of the race from %v", c.ruled.stopAt)
	}
	ok := race.Accepted
	if h.made {
		ok = race.Estimated
	}
	last := s.loops[int(idx)*len(s.lines)+int(h.line)].passingAt
	late := s.tooLate(r, h)
	switch since := h.at.Truncate(s.info.Rules.Precision) - r.lapStart; {
	case h.at == last:
		return judge(race.Duplicate, race.NoTime, "at the same instant as the hit before it on this line")
	case !forced && last != race.NoTime && h.at-last < s.info.Rules.DeadTime:
		return judge(race.Duplicate, race.NoTime, "%v after the hit before it, within the dead time of %v", h.at-last, s.info.Rules.DeadTime)
	case late != "":
		return judge(race.AfterTheEnd, race.NoTime, "%s", late)
	case !r.begun && h.line != 0: // the car has not reached the line yet
		s.judgeAt(idx, h, ok, "", race.NoTime)
		return false
	case forced:
	case h.late:
		return judge(race.Suspect, race.NoTime, "received after the result was final")
	case h.line == 0 && r.begun && since < s.info.Rules.MinLap:
		return judge(race.Suspect, race.NoTime, "a lap of %v is under the minimum of %v", since, s.info.Rules.MinLap)
	case h.line != 0 && s.progressOf(r, h) <= r.progress:
		return judge(race.Suspect, s.missedFinish(r, h), "line %d again in lap %d: a crossing of the finish line may have been missed",
			h.line, r.laps+1)
	}
	if h.line != 0 && s.progressOf(r, h) <= r.progress { // accepted, but no progress in this lap
		s.judgeAt(idx, h, ok, "", race.NoTime)
		return false
	}
	s.judgeAt(idx, h, ok, "", race.NoTime)
	return true
}

// tooLate returns why a passing is after the end of its car's race; empty if it is not.
func (s *State) tooLate(r *run, h *passing) string {
	window := s.info.Rules.FinishWindow
	switch {
	case s.status == race.Over && h.at > s.endedAt:
		return fmt.Sprintf("the race was stopped at %v", s.endedAt)
	case !r.racing():
		return "the car had taken the chequered flag"
	case window > 0 && s.flagged.shown && h.at > s.flagged.at+window:
		return fmt.Sprintf("the finish window closed at %v, %v after the chequered flag fell", s.flagged.at+window, window)
	}
	return ""
}

func (s *State) progressOf(r *run, h *passing) int32 {
	if h.line == 0 {
		return int32((r.laps + 1) * len(s.lines))
	}
	return int32(r.laps*len(s.lines) + int(h.line))
}

// missedFinish returns when a car crossed the finish line between its last passing and this one, at an even pace.
func (s *State) missedFinish(r *run, h *passing) race.Micros {
	from, to := s.lines[int(r.progress)%len(s.lines)].permyriad, s.lines[h.line].permyriad
	before, after := race.Micros(10_000-from), race.Micros(to)
	if before <= 0 || after <= 0 { // the positions of the lines are unknown
		before, after = 1, 1
	}
	return r.progressAt + (h.at-r.progressAt)*before/(before+after)
}

// step applies the car's next passing that counts.
func (s *State) step(idx race.CarIdx, c *car, h *passing) (n news) {
	r := &c.run
	s.fitTyres(c, h.at)
	at := h.at.Truncate(s.info.Rules.Precision)
	r.loops[h.line].passingAt = h.at
	if !r.begun { // no lap is complete; lap 1 starts at the signal (its clock runs already) or here (rule 6)
		r.begun = true
		r.remember(0, h.at, at)
		if s.info.Rules.FirstCrossing == race.StartsLap {
			r.start, r.lapStart, r.sectorAt, r.miniAt = at, at, at, at
		}
		return n
	}
	progress := s.progressOf(r, h)
	r.remember(progress, h.at, at)
	n.pit = s.split(at, r, h)
	if h.line != 0 {
		return n
	}
	stops := h.inPit && s.pitLaneHasNoLines()
	if stops {
		n.pit, r.lap.PitIn = true, true
		r.pits = append(r.pits, pitCrossing{h.seq, at, r.laps + 1, false})
	}
	n.lap = true
	s.completeLap(h, at, idx, c)
	r.lap.PitOut = stops
	return n
}

// pitLaneHasNoLines reports whether the pit lane has no timing lines: only a passing on the finish line can tell that a car is in it.
func (s *State) pitLaneHasNoLines() bool {
	return !slices.ContainsFunc(s.lines, func(l line) bool { return l.kind == race.LinePitEntry || l.kind == race.LinePitExit })
}

// split updates sector, mini-sector, speed trap and pit lane after a crossing.
func (s *State) split(at race.Micros, r *run, h *passing) (pit bool) {
	l := s.lines[h.line]
	if l.mini == 0 || r.nextMini == 0 { // the first line of a lap clears the marks of the last lap
		clear(r.marks[:r.marked])
		r.marked = 0
	}
	if l.mini >= 0 {
		s.splitMini(at, r, l.mini, &r.loops[h.line])
	}
	if l.sector > 0 {
		s.splitSector(at, r, l.sector)
	}
	switch l.kind {
	case race.LineSpeedTrap:
		r.row.SpeedTrapKMH = int(h.speed)
	case race.LinePitEntry:
		r.state, r.lap.PitIn = race.InPit, true
		r.pits = append(r.pits, pitCrossing{h.seq, at, r.laps + 1, false})
		return true
	case race.LinePitExit:
		r.state, r.lap.PitOut = race.Running, true
		r.pits = append(r.pits, pitCrossing{h.seq, at, r.laps + 1, true})
		return true
	case race.LineFinish, race.LineSector, race.LineMini:
	}
	return false
}

func (s *State) splitMini(at race.Micros, r *run, mini int, l *loop) {
	for ; r.marked < mini; r.marked++ { // missed loops, or loops beside the pit lane
		r.marks[r.marked] = race.NoMark
	}
	m := race.NoMark
	if r.nextMini == mini {
		m = race.Slower
		if took := at - r.miniAt; took > 0 && (l.bestMini == 0 || took < l.bestMini) {
			l.bestMini, l.bestIn, m = took, r.progress, race.PersonalBest
		}
	}
	r.marks[mini] = m
	r.marked = mini + 1
	r.miniAt, r.nextMini = at, (mini+1)%s.minis
}

func (s *State) splitSector(at race.Micros, r *run, sector int) {
	i := sector - 1
	if i == 0 {
		r.row.SectorsMS, r.row.SectorMarks = [3]int64{}, [3]race.Mark{}
	}
	if r.nextSector == sector {
		t := timed{at - r.sectorAt, at, r.row.Car}
		r.lap.SectorsMS[i] = t.took.Millis()
		r.row.SectorsMS[i], r.row.SectorMarks[i] = t.took.Millis(), race.Slower
		r.sectorEnds[i] = at
		if t.beats(r.bestSectors[i]) {
			r.bestSectors[i], r.row.SectorMarks[i] = t, race.PersonalBest
		}
	}
	r.sectorAt, r.nextSector = at, sector%3+1
}

// completeLap counts the lap (rules 6 and 7). Its position and marks depend on other cars and are computed by the caller.
func (s *State) completeLap(h *passing, at race.Micros, idx race.CarIdx, c *car) {
	r := &c.run
	r.laps++
	duration := at - r.lapStart
	l := &r.lap
	l.Car, l.Number, l.DurationMS, l.EndMS, l.Passing = idx, r.laps, duration.Millis(), at.Millis(), h.seq
	l.Deleted = slices.Contains(c.ruled.deleted, h.seq)
	l.Mark = race.Slower
	if !l.Deleted && duration > 0 && (r.best == 0 || duration < r.best) {
		if r.best > 0 {
			r.done[r.bestLap-1].Mark = race.Slower
		}
		r.best, r.bestLap, l.Mark = duration, r.laps, race.PersonalBest
	}
	r.row.Laps, r.row.LastMS, r.row.BestMS = r.laps, duration.Millis(), r.best.Millis()
	if r.row.Tyre != race.NoCompound || r.row.TyreAgeLaps > 0 || r.row.Stops > 0 {
		r.row.TyreAgeLaps++
	}
	l.Tyre, l.TyreAgeLaps = r.row.Tyre, r.row.TyreAgeLaps
	from := race.Micros(0)
	if n := len(r.ends); n > 0 {
		from = r.ends[n-1]
	}
	l.Flag = s.worstFlag(from, h.at)
	r.ends, r.done = append(r.ends, h.at), append(r.done, *l)
	r.lap, r.lapStart = race.Lap{}, at
	if s.flagged.shown && h.at >= s.flagged.at {
		r.state = race.Finished
	}
}

// fitTyres applies the tyre changes before a time.
func (s *State) fitTyres(c *car, before race.Micros) {
	r := &c.run
	for r.nextFit < len(c.ruled.fits) && c.ruled.fits[r.nextFit].at < before {
		f := c.ruled.fits[r.nextFit]
		r.nextFit++
		r.row.Tyre, r.row.TyreAgeLaps = f.Compound, f.AgeLaps
		if f.Stationary > 0 || r.laps > 0 {
			r.row.Stops++
		}
	}
}
