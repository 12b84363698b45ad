package timing

import (
	"lightsout/race"
)

// restore computes what a snapshot leaves out, and checks that every value is valid, so that no later record can fail on it.
func (s *State) restore(a *archive) {
	if a.err != nil {
		return
	}
	if len(s.info.Lines) > 0 {
		if err := s.layOut(&s.info); err != nil {
			a.damaged("%v", err)
			return
		}
	}
	s.checkInfo(a)
	s.checkOrder(a)
	for i := range s.acts {
		s.checkAct(a, &s.acts[i])
	}
	for i := range s.cars {
		for j := range s.cars[i].acts {
			s.checkAct(a, &s.cars[i].acts[j])
		}
	}
	if a.err != nil {
		return
	}
	s.recomputeRulings()
	for i := range s.cars {
		s.cars[i].rule(s.info.Rules)
		s.cars[i].note()
		s.checkRun(a, race.CarIdx(i))
	}
	if a.err == nil && s.status != race.Waiting {
		s.layLoops()
	}
	for idx := race.NoCar; int(idx) < len(s.cars); idx++ {
		for _, h := range *s.passingsOf(idx) {
			s.checkPassing(a, &h)
		}
	}
	s.checkBests(a)
	if a.err != nil {
		return
	}
	s.layBoards()
	checks(a, "the flag", s.flagged.lap >= 0, s.flagged.lap <= len(s.boards), !s.flagged.shown || s.flagged.lap > 0 || s.abandoned != nil)
	if a.err == nil {
		s.emitAllEvents()
	}
}

// checkBests checks that each best belongs to a car that has it.
func (s *State) checkBests(a *archive) {
	for _, list := range [][]timed{s.bests.sectors[:], s.bests.minis} {
		for _, t := range list {
			checks(a, "a best", t.car >= 0, t.took == 0 || int(t.car) < len(s.cars))
		}
	}
	for _, l := range s.bests.laps {
		checks(a, "a best lap", l.car >= 0 && int(l.car) < len(s.cars) && l.lap >= 1 && l.lap <= s.cars[l.car].run.laps)
	}
	for _, e := range s.result.entries {
		checks(a, "a result", e.Car >= 0 && int(e.Car) < len(s.cars))
	}
}

// checks reports the first condition that does not hold.
func checks(a *archive, what string, holds ...bool) {
	for i, ok := range holds {
		if !ok {
			a.damaged("%s has an invalid value (check %d)", what, i)
		}
	}
}

// known reports whether a slot is a car's, or NoCar.
func (s *State) known(idx race.CarIdx) bool { return idx >= race.NoCar && int(idx) < len(s.cars) }

func inTime(t race.Micros) bool { return t >= -2*race.TimeMax && t <= 2*race.TimeMax }

func (s *State) checkInfo(a *archive) {
	checks(a, "the race info", len(s.cars) <= race.CarsMax, len(s.cars) == len(s.entries), len(s.cars) == len(s.order),
		s.lines != nil || len(s.cars) == 0, s.status <= race.Failed,
		s.latest == race.NoTime || inTime(s.latest), len(s.bests.minis) == len(s.lines), s.result.version >= 0,
		s.result.status <= race.Amended, len(s.sources.offsets) == len(s.sources.decoders),
		len(s.sources.decoders) <= decodersMax+1, inTime(s.shift), inTime(s.endedAt), inTime(s.result.at))
	if s.lines != nil && s.info.Rules.Validate() != nil {
		a.damaged("%v", s.info.Rules.Validate())
	}
	for _, b := range s.sources.transponders {
		checks(a, "a transponder", s.known(b.car))
		for _, h := range b.handed {
			checks(a, "a transponder", s.known(h.car) && h.car != race.NoCar)
		}
	}
	for _, by := range s.sources.offsets {
		checks(a, "a decoder", inTime(by))
	}
}

// checkOrder checks that each car has one place, and fills in place.
func (s *State) checkOrder(a *archive) {
	if a.err != nil || s.order == nil {
		return
	}
	s.place = make([]int32, len(s.order))
	for i := range s.place {
		s.place[i] = -1
	}
	for at, idx := range s.order {
		if idx < 0 || int(idx) >= len(s.order) || s.place[idx] >= 0 {
			a.damaged("car slot %d has no place of its own", idx)
			return
		}
		s.place[idx] = int32(at)
	}
}

func (s *State) checkAct(a *archive, one *act) {
	car := race.CarIdx(0)
	switch b := one.body.(type) {
	case race.Corrected:
		if b.Kind == race.CorrectMove || b.Kind == race.CorrectInsert || b.Kind == race.CorrectSplit {
			car = b.Car
		}
	case race.TransponderAssigned:
		car = b.Car
	case race.FlagShown:
		checks(a, "a flag", b.Flag <= race.FlagChequered, b.Sector >= 0, b.Sector <= sectorsMax)
	case race.Undone:
		checks(a, "an undoing", b.Of < one.seq)
	case race.Penalised:
		checks(a, "a penalty", inTime(b.Amount))
	default: // it has no index to check
	}
	checks(a, "a ruling", inTime(one.at), s.known(car))
}

func (s *State) checkRun(a *archive, idx race.CarIdx) {
	c := &s.cars[idx]
	r := &c.run
	lines := int32(len(s.lines))
	checks(a, "a car", len(r.loops) == len(s.lines),
		r.laps == len(r.ends), r.laps == len(r.done), r.laps < 1<<24,
		r.progress >= -1 && r.progress <= int32(r.laps+1)*lines, inTime(r.progressAt), inTime(r.lapStart),
		r.nextSector >= 0 && r.nextSector <= 3, r.nextMini >= -1 && r.nextMini < max(1, s.minis),
		r.bestLap >= 0, r.bestLap <= r.laps, (r.best > 0) == (r.bestLap > 0),
		r.nextFit >= 0 && r.nextFit <= len(c.ruled.fits), r.state <= race.Disqualified, r.row.Car == idx,
		r.marked >= 0, r.marked <= s.minis, inTime(r.sectorAt), inTime(r.miniAt))
	for _, t := range r.ends {
		checks(a, "a lap", inTime(t))
	}
	for i := range r.done {
		checks(a, "a lap", r.done[i].Car == idx)
	}
	for _, l := range r.loops {
		checks(a, "a line", l.progress >= -1, inTime(l.at), l.passingAt == race.NoTime || inTime(l.passingAt))
	}
}

func (s *State) checkPassing(a *archive, h *passing) {
	checks(a, "a passing", inTime(h.at) || h.at.PreStart() && s.status == race.Waiting, int(h.line) < len(s.lines), int(h.decoder) < max(1, len(s.sources.decoders)),
		s.known(h.of.car()), h.of.car() != race.NoCar || int(h.of.transponder()) < len(s.sources.transponders),
		h.ruled <= withdrawn, int(h.verdict) < race.VerdictCount)
}
