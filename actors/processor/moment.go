package processor

import "lightsout/race"

// Moment is what a message is about: a tick, or a record and its race time.
type Moment struct {
	Tick race.Tick
	Seq  race.Seq
	Time race.Micros
}

// Moments says what a message of these actors is about, so that drills can strike at what is counted and not at a moment of the scheduler.
// Messages that the scheduler makes, such as retries, and frames, which are passed over after a death, are about nothing.
func Moments(msg any) (out []Moment) {
	of := func(b *race.Batch) []Moment {
		if b == nil || b.Frame == nil {
			return nil
		}
		return []Moment{{Tick: b.Frame.Tick}}
	}
	switch msg := msg.(type) {
	case Submit:
		return of(msg.Batch)
	case committed:
		return of(msg.batch)
	case publish:
		for i := range msg.facts {
			out = append(out, Moment{Seq: msg.facts[i].Seq, Time: msg.facts[i].Time})
		}
	}
	return out
}
