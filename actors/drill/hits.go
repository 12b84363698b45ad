package drill

import (
	"fmt"
	"strconv"

	"lightsout/actors/simulator"
	"lightsout/actors/supervise"
)

// Intercept loses, doubles and delays passings. It is the Intercept of supervise.Config.
func (in *Injector) Intercept(at supervise.Strike) supervise.Action {
	crossed, ok := at.Message.(*simulator.Crossed)
	if !ok || at.Retried || in.disarmed.Load() {
		return supervise.Pass
	}
	i := instant{tick: crossed.N, message: fmt.Sprintf("crossing of car %d", crossed.Crossing.Car)}
	for _, f := range in.faults {
		if f.verb != "hits" {
			continue
		}
		s := in.injected(f, at, i)
		if in.replay != nil && !in.replay.take(s) || in.replay == nil && (f.period(in.time(i)) == 0 ||
			in.chance(f, uint64(crossed.N), at.ID, strconv.Itoa(int(crossed.Crossing.Car))) >= f.Chance) {
			continue
		}
		switch f.object {
		case "lose":
			in.mark(s)
			return supervise.Lose
		case "double":
			in.mark(s)
			return supervise.Double
		case "late":
			if in.delay(crossed) {
				in.mark(s)
				return supervise.Later
			}
		}
	}
	return supervise.Pass
}

// delay reports whether a passing was not delayed before.
func (in *Injector) delay(crossed *simulator.Crossed) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.late[crossed] {
		return false
	}
	if len(in.late) > 10_000 { // they arrived long ago
		clear(in.late)
	}
	in.late[crossed] = true
	return true
}

// mark notes a strike that no actor recovers from.
func (in *Injector) mark(s Injected) {
	in.note(s)
	in.meter.mark(&s)
}
