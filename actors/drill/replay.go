package drill

import (
	"cmp"
	"errors"
	"fmt"
	"sync"

	"lightsout/actors/supervise"
	"lightsout/race"
)

// Injected is a strike that happened. It says at which message, so that it can be made again.
type Injected struct {
	// At is race time.
	At race.Micros `json:"time_us"`
	// Fault is the fault's place in the scenario, from 1; What was struck.
	Fault int    `json:"fault"`
	What  string `json:"what"`
	// Tick and Message are what the actor was struck at: after the message or before it. Where a message is about no tick, Count is how many
	// such messages the actor had until then.
	Tick    race.Tick `json:"tick"`
	Message string    `json:"message,omitempty"`
	Count   uint64    `json:"count,omitempty"`
	After   bool      `json:"after,omitempty"`
}

func (s Injected) compare(with Injected) int {
	return cmp.Or(cmp.Compare(s.At, with.At), cmp.Compare(s.Fault, with.Fault), cmp.Compare(s.What, with.What), cmp.Compare(s.Message, with.Message),
		cmp.Compare(s.Count, with.Count))
}

// injected is a fault's strike at an actor.
func (in *Injector) injected(f *armed, at supervise.Strike, i instant) Injected {
	what := at.Kind
	if at.ID != "" && many(at.Kind) {
		what += " " + at.ID
	}
	return Injected{At: in.time(i), Fault: f.place + 1, What: what, Tick: i.tick, Message: i.message, Count: i.count, After: i.after}
}

// replay are strikes that are made again.
type replay struct {
	mu   sync.Mutex
	left map[Injected]int
}

// NewReplay makes the strikes of a drill again, and no others.
func NewReplay(s *Scenario, m Members, strikes []Injected) (*Injector, error) {
	if len(strikes) == 0 {
		return nil, errors.New("there are no strikes to make again")
	}
	in := NewInjector(s, m)
	in.replay = &replay{left: map[Injected]int{}}
	for i, strike := range strikes {
		if strike.Fault < 1 || strike.Fault > len(s.Faults) {
			return nil, fmt.Errorf("strike %d is of fault %d: the scenario has 1 to %d", i+1, strike.Fault, len(s.Faults))
		}
		in.replay.left[strike.key()]++
	}
	return in, nil
}

// key is the strike without its race time, which follows.
func (s Injected) key() Injected {
	s.At = 0
	return s
}

// take reports whether a strike is due, and takes it off the list.
func (r *replay) take(s Injected) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := s.key()
	if r.left[k] == 0 {
		return false
	}
	r.left[k]--
	return true
}
