package timing

import (
	"fmt"

	"lightsout/race"
)

// pass takes a hit of a car on a timing line.
func (s *State) pass(raw race.Micros, p race.Passing) error {
	c, err := s.car(p.Car)
	if err != nil {
		return err
	}
	if p.Line < 0 || p.Line >= len(s.lines) {
		return fmt.Errorf("line %d of %d: %w", p.Line, len(s.lines), ErrUnknownLine)
	}
	switch {
	case s.status == race.Waiting:
		return fmt.Errorf("car %d passed before the start: %w", s.entries[p.Car].Number, ErrOutOfOrder)
	case s.status == race.Over:
		return fmt.Errorf("car %d passed after the end: %w", s.entries[p.Car].Number, ErrTooLate)
	case !c.racing():
		return nil // the in-lap of a finished car, a retired car pushed over the line
	}
	at := raw.Truncate(s.head.Rules.Precision)
	if raw < c.progressAt {
		return fmt.Errorf("car %d passed line %d at %v, before its passing at %v: %w",
			s.entries[p.Car].Number, p.Line, raw, c.progressAt, ErrOutOfOrder)
	}
	if !c.begun {
		return s.begin(raw, at, p.Car, c, p.Line)
	}
	progress := int32(c.laps*len(s.lines) + p.Line)
	if p.Line == 0 {
		progress = int32((c.laps + 1) * len(s.lines))
	}
	if progress <= c.progress {
		return fmt.Errorf("car %d passed line %d twice in lap %d: %w",
			s.entries[p.Car].Number, p.Line, c.laps+1, ErrDuplicate)
	}
	if p.Line == 0 && at-c.lapStart < s.head.Rules.DeadTime {
		return fmt.Errorf("car %d: a lap of %v is within the dead time of %v: %w",
			s.entries[p.Car].Number, at-c.lapStart, s.head.Rules.DeadTime, ErrDuplicate)
	}
	c.remember(progress, raw, at)
	s.split(at, c, p)
	if p.Line == 0 {
		s.completeLap(raw, at, p.Car, c)
	}
	s.overtake(p.Car, c)
	s.measure(p.Car, c, progress, at)
	s.tellRow(p.Car)
	if p.Line == 0 {
		s.afterLap(at, p.Car, c)
	}
	return nil
}

// begin is the first crossing of the line by a car that started behind it: no lap is complete (rule 6: lap 1 starts
// at the start signal, so the time runs already).
func (s *State) begin(raw, at race.Micros, idx race.CarIdx, c *car, line int) error {
	if line != 0 {
		return nil // still on the way to the line
	}
	c.begun = true
	c.remember(0, raw, at)
	s.overtake(idx, c)
	s.measure(idx, c, 0, at)
	s.tellRow(idx)
	return nil
}

// split takes sector, mini-sector, speed trap and pit lane from a crossing.
func (s *State) split(at race.Micros, c *car, p race.Passing) {
	l := s.lines[p.Line]
	if l.mini == 0 || c.nextMini == 0 { // the first line of a lap clears what the last lap showed
		c.row.MiniMarks = c.row.MiniMarks[:0]
	}
	if l.mini >= 0 {
		s.splitMini(at, c, l.mini)
	}
	if l.sector > 0 {
		s.splitSector(at, c, l.sector)
	}
	switch l.kind {
	case race.LineSpeedTrap:
		c.row.SpeedTrapKMH = p.SpeedKMH
	case race.LinePitEntry:
		c.state, c.lap.PitIn = race.InPit, true
		s.tellOfCar(race.EventPitIn, p.Car, at, 0, "")
	case race.LinePitExit:
		c.state, c.lap.PitOut = race.Running, true
		s.tellOfCar(race.EventPitOut, p.Car, at, 0, "")
	case race.LineFinish, race.LineSector, race.LineMini:
	}
}

func (s *State) splitMini(at race.Micros, c *car, mini int) {
	for len(c.row.MiniMarks) < mini { // loops that were missed or lie beside the pit lane
		c.row.MiniMarks = append(c.row.MiniMarks, race.NoMark)
	}
	m := race.NoMark
	if c.nextMini == mini {
		m = mark(at-c.miniAt, &c.bestMinis[mini], &s.bestMinis[mini])
	}
	c.row.MiniMarks = append(c.row.MiniMarks, m)
	c.miniAt, c.nextMini = at, (mini+1)%s.minis
}

func (s *State) splitSector(at race.Micros, c *car, sector int) {
	i := sector - 1
	if i == 0 {
		c.row.SectorsMS, c.row.SectorMarks = [3]int64{}, [3]race.Mark{}
	}
	if c.nextSector == sector {
		t := at - c.sectorAt
		c.lap.SectorsMS[i] = t.Millis()
		c.row.SectorsMS[i] = t.Millis()
		c.row.SectorMarks[i] = mark(t, &c.bestSectors[i], &s.bestSectors[i])
	}
	c.sectorAt, c.nextSector = at, sector%3+1
}

// completeLap counts the lap and ranks it (rules 6 and 7).
func (s *State) completeLap(raw, at race.Micros, idx race.CarIdx, c *car) {
	c.laps++
	c.ends, c.rawEnds = append(c.ends, at), append(c.rawEnds, raw)
	duration := at - c.lapStart
	former := s.bestCar
	m := mark(duration, &c.best, &s.best)
	if m >= race.PersonalBest {
		c.bestLap = c.laps
	}
	if m == race.SessionBest {
		s.bestCar = idx
	}
	c.row.Laps, c.row.LastMS, c.row.BestMS, c.row.LastMark = c.laps, duration.Millis(), c.best.Millis(), m
	if c.row.Tyre != race.NoCompound || c.row.TyreAgeLaps > 0 || c.row.Stops > 0 {
		c.row.TyreAgeLaps++
	}
	c.lap.Car, c.lap.Number, c.lap.DurationMS, c.lap.EndMS = idx, c.laps, duration.Millis(), at.Millis()
	c.lap.Tyre, c.lap.TyreAgeLaps, c.lap.Mark = c.row.Tyre, c.row.TyreAgeLaps, m
	c.lap.Flag = max(c.worstFlag, s.flag)
	c.worstFlag = s.flag
	c.lapStart = at
	if m == race.SessionBest {
		if former != race.NoCar && former != idx {
			s.tellRow(former)
		}
		if c.laps > 1 {
			s.tellOfCar(race.EventFastestLap, idx, at, duration.Millis(), "")
		}
	}
}

// afterLap ends the race for the car where the rules say so, and tells of the lap.
func (s *State) afterLap(at race.Micros, idx race.CarIdx, c *car) {
	c.lap.Position = int(s.place[idx]) + 1
	s.facts = append(s.facts, race.LapCompleted{Lap: c.lap})
	c.lap = race.Lap{}
	leads := s.order[0] == idx
	if s.chequeredAt == race.NoTime && leads {
		s.checkLimits(at, c)
	}
	if s.chequeredAt != race.NoTime {
		c.state = race.Finished
		s.tellRow(idx)
	}
	if leads && s.status == race.Underway {
		lap := c.laps + 1
		if s.distance > 0 {
			lap = min(lap, s.distance)
		}
		if s.chequeredAt != race.NoTime {
			lap = c.laps
		}
		s.leaderLap = max(s.leaderLap, lap)
		s.tellHead(at)
	}
}

// overtake moves a car up past those with less progress, or the same progress later (rules 1, 4, 11).
func (s *State) overtake(idx race.CarIdx, c *car) {
	led := s.order[0]
	for at := int(s.place[idx]); at > 0; at-- {
		ahead := &s.cars[s.order[at-1]]
		if ahead.progress > c.progress ||
			ahead.progress == c.progress && ahead.progressAt <= c.progressAt {
			break
		}
		s.swap(at)
	}
	if s.order[0] != led && s.cars[led].laps+c.laps > 0 {
		s.tellOfCar(race.EventLeader, idx, c.lastAt, 0, "")
	}
}

// swap exchanges the car at a place with the one before it.
func (s *State) swap(at int) {
	s.order[at-1], s.order[at] = s.order[at], s.order[at-1]
	s.place[s.order[at-1]], s.place[s.order[at]] = int32(at-1), int32(at)
	s.moved.add(at - 1)
	s.moved.add(at)
}

// measure takes gap and interval at the line that was just passed (rule 4).
func (s *State) measure(idx race.CarIdx, c *car, progress int32, at race.Micros) {
	place := int(s.place[idx])
	if place == 0 {
		c.row.GapMS, c.row.GapLaps, c.row.IntervalMS, c.row.IntervalLaps = 0, 0, 0, 0
		return
	}
	c.row.GapMS, c.row.GapLaps = s.distanceTo(&s.cars[s.order[0]], progress, at, c.row.GapMS, c.row.GapLaps)
	c.row.IntervalMS, c.row.IntervalLaps = s.distanceTo(
		&s.cars[s.order[place-1]], progress, at, c.row.IntervalMS, c.row.IntervalLaps)
}

// distanceTo is how far ahead another car is at a line: whole laps, or the time since it passed the same line. Where
// it did not pass that line (it was in the pit lane), what was known stays.
func (s *State) distanceTo(ahead *car, progress int32, at race.Micros, ms int64, laps int) (int64, int) {
	if full := int(ahead.progress-progress) / len(s.lines); full > 0 {
		return 0, full
	}
	if t, ok := ahead.timeAt(progress); ok {
		return (at - t).Millis(), 0
	}
	return ms, laps
}
