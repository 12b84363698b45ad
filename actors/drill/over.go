package drill

import (
	"slices"
	"time"

	"lightsout/race"
)

// Over reports whether the scenario has come to its own end: no fault will strike any more, and nothing is away. A fault without an end, and a
// single strike that was not made, keep it on.
func (in *Injector) Over() bool {
	now := race.Micros(in.now.Load())
	for _, f := range in.faults {
		if !f.spent(now) {
			return false
		}
	}
	return !in.store.closed() && !in.link.closed() && !in.influx.closed() && !in.torn.is() && !in.failing.is()
}

// spent reports whether a fault will not strike any more.
func (f *armed) spent(now race.Micros) bool {
	switch {
	case f.Until > 0:
		return now > f.Until.Micros()
	case f.lasts():
		return false
	case now < f.first()+race.Second: // it strikes several actors in any order
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.struck) > 0 || f.fired.Load() > 0
}

// StruckSince lists strikes from the n-th on, in the order in which they were made. What an actor has not recovered from has no progress yet.
func (in *Injector) StruckSince(n int) []Struck {
	in.mu.Lock()
	list := slices.Clone(in.list[min(n, len(in.list)):])
	in.mu.Unlock()
	return in.meter.struck(list)
}

// Begin has all faults count their times from a race time.
func (s *Scenario) Begin(at Duration) *Scenario {
	out := *s
	out.Faults = slices.Clone(s.Faults)
	for i := range out.Faults {
		f := &out.Faults[i]
		if f.At > 0 || f.From == 0 && (!f.lasts() || f.Poison != "") {
			f.At += at
		} else {
			f.From += at
		}
		if f.Until > 0 {
			f.Until += at
		}
	}
	return &out
}

// Begins is the race time from which on a fault may strike.
func (s *Scenario) Begins() time.Duration {
	first := max(s.Faults[0].At, s.Faults[0].From)
	for i := range s.Faults {
		first = min(first, max(s.Faults[i].At, s.Faults[i].From))
	}
	return time.Duration(first)
}
