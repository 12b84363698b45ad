package drill

import (
	"math/rand/v2"
	"slices"
	"strconv"

	"lightsout/actors/supervise"
	"lightsout/race"
)

// pool is a part of the actors of a kind, the only ones that may be struck within a second of race time.
type pool struct {
	kind   string
	second int64
}

// of are how many actors of a kind there are.
func (m Members) of(kind string) int {
	if kind == "checkpoint" {
		return m.Checkpoints
	}
	return m.Cars
}

// mayBe lists the actors of a kind that may be struck within the second of a race time: all, or as large a share as the scenario allows, in the
// order of chance.
func (in *Injector) mayBe(kind string, at race.Micros) []int {
	all := in.members.of(kind)
	if in.scenario.Most == 0 {
		return nil
	}
	p := pool{kind, int64(at / race.Second)}
	in.mu.Lock()
	defer in.mu.Unlock()
	if list, known := in.pools[p]; known {
		return list
	}
	line := uint64(0)
	if kind == "checkpoint" {
		line = 1
	}
	rng := rand.New(rand.NewPCG(in.scenario.Seed^0x6d6f7374, line<<63|uint64(p.second)))
	list := rng.Perm(all)[:min(all, max(1, int(in.scenario.Most*float64(all))))]
	delete(in.pools, pool{kind, p.second - 60}) // a fault's actors are chosen when its period begins
	in.pools[p] = list
	return list
}

// spared reports whether an actor must not be struck at a race time, because others may be.
func (in *Injector) spared(at supervise.Strike, now race.Micros) bool {
	if in.scenario.Most == 0 || !many(at.Kind) {
		return false
	}
	id, err := strconv.Atoi(at.ID)
	return err != nil || !slices.Contains(in.mayBe(at.Kind, now), id)
}
