package influx

import "lightsout/race"

// summary is what the point of a race in the series races says. The point is at the time of the announcement, so that it is written again in its
// place whenever one of these changes.
type summary struct {
	status         race.Status
	flag           race.FlagState
	lapsDone, laps int
	started, ended int64 // Unix milliseconds; 0 means not yet
	winner         race.CarIdx
	until          int64 // the newest race time, Unix milliseconds; it alone does not cause a point
	announced      bool
}

// summarise follows what a record changed of the race, and writes its point.
func (f *follower) summarise(facts []race.Fact, w *writer) {
	s := f.summary
	if s.announced = f.announcedAt != 0; !s.announced {
		return
	}
	if f.startedAt != 0 {
		s.started = f.ns(f.moved) / 1_000_000
		s.until = f.ns(f.clock) / 1_000_000
	}
	for _, fact := range facts {
		switch v := fact.(type) {
		case race.SessionStatusChanged:
			s.laps, s.flag = v.Session.Laps, v.Session.Flag
			if v.Session.Status == race.Over && s.status != race.Over {
				s.ended = s.until
			} else if v.Session.Status != race.Over {
				s.ended = 0
			}
			s.status = v.Session.Status
		case race.LapCompleted:
			s.lapsDone = max(s.lapsDone, v.Lap.Number)
		case race.LapsWithdrawn:
			s.lapsDone = 0
			for _, laps := range f.laps {
				s.lapsDone = max(s.lapsDone, len(laps))
			}
		case race.ResultPublished:
			s.winner = race.NoCar
			if first := v.Classification.Entries; len(first) > 0 && first[0].Status == race.StatusFinished {
				s.winner = first[0].Car
			}
		case race.RowChanged, race.OrderChanged, race.PassingJudged, race.EventHappened, race.EventWithdrawn, race.RecordRefused: // not of the race as a whole
		}
	}
	was := f.summary
	was.until = s.until
	if f.summary = s; was != s && w != nil {
		w.done(appendRace(w.line(f, race.NoCar), f))
	}
}

func appendRace(b []byte, f *follower) []byte {
	s := &f.summary
	b = append(appendTag(append(b, "races"...), "race", string(f.id)), ' ')
	b = appendText(b, "name", f.info.Name)
	b = appendText(b, "circuit", f.info.Circuit)
	b = appendText(b, "kind", f.info.Kind.String())
	speed := 1.0
	if f.info.Kind == race.Simulation {
		speed = f.info.Speed
	}
	b = appendFloat(b, "speed", speed)
	b = appendInt(b, "cars", int64(f.info.Cars))
	b = appendText(b, "status", s.status.String())
	b = appendInt(b, "flag", int64(s.flag))
	b = appendInt(b, "laps", int64(s.laps))
	b = appendInt(b, "laps_done", int64(s.lapsDone))
	b = appendInt(b, "started_ms", s.started)
	b = appendInt(b, "ended_ms", s.ended)
	b = appendInt(b, "until_ms", s.until)
	code, number := "", ""
	if f.known(s.winner) {
		code, number = f.entries[s.winner].Code, f.driver(s.winner)
	}
	b = appendText(b, "winner", code)
	b = appendText(b, "winner_number", number)
	return appendTime(b, f.announcedAt)
}
