package drill

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"lightsout/race"
)

// OnServer refuses what can only strike a race that the drill runs itself.
func (s *Scenario) OnServer() error {
	for i := range s.Faults {
		switch f := &s.Faults[i]; {
		case f.Disk != "":
			return fmt.Errorf("fault %d: disk strikes the file of a race that the drill runs itself: allowed with lightsout drill", i+1)
		case f.Server != "":
			return fmt.Errorf("fault %d: a server cannot strike itself: allowed with lightsout drill", i+1)
		}
	}
	return nil
}

// StrikesServer reports whether a fault strikes the process in which the race runs, which must be a server of its own.
func (s *Scenario) StrikesServer() bool {
	return slices.ContainsFunc(s.Faults, func(f Fault) bool { return f.Server != "" })
}

// Inside is the scenario of the faults that strike inside of that process.
func (s *Scenario) Inside() *Scenario {
	inside := &Scenario{Name: s.Name, About: s.About, Seed: s.Seed, Race: s.Race, Most: s.Most}
	for _, f := range s.Faults {
		if f.Server == "" && f.Spectators == "" {
			inside.Faults = append(inside.Faults, f)
		}
	}
	return inside
}

// ServerStrikes is how often the server is struck in a race of a length.
func (s *Scenario) ServerStrikes(length time.Duration) (n int) {
	for i := range s.Faults {
		if f := &s.Faults[i]; f.Server != "" {
			one, end := armed{Fault: f}, race.Micros(length.Microseconds())
			if f.Until > 0 {
				end = min(end, f.Until.Micros())
			}
			n += int(one.period(end))
		}
	}
	return n
}

// validateServer refuses what is not known of a race in a server process, and what cannot be done to it.
func (s *Scenario) validateServer() error {
	if !s.StrikesServer() {
		return nil
	}
	var wrong []error
	for i := range s.Faults {
		switch f := &s.Faults[i]; {
		case f.Poison != "":
			wrong = append(wrong, fmt.Errorf("fault %d: poison is given, and a server is struck: which cars were lost is not known after that", i+1))
		case f.Disk != "" || f.Influx != "" || f.Kill == "feed" || f.Stall == "feed" || f.Panic == "feed":
			wrong = append(wrong, fmt.Errorf("fault %d: a server that is struck has neither a disk to strike nor a feed", i+1))
		}
	}
	return errors.Join(wrong...)
}

// Reached notes how far a race in a server process has come, and strikes the server when that is due.
func (in *Injector) Reached(tick race.Tick, now time.Time) {
	in.meter.progress("server", int64(tick), now)
	in.advance(tick)
}

// ServerRestarted notes that the server answers again after it was killed.
func (in *Injector) ServerRestarted(took time.Duration) { in.meter.restarted("server", took) }
