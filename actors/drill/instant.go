package drill

import (
	"fmt"

	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/actors/supervise"
	"lightsout/race"
)

// instant is when an actor is struck, by what is counted: the tick that its message is about, or how many such messages the actor had before.
// So a strike falls at the same message whatever the scheduler does.
type instant struct {
	tick    race.Tick
	message string
	count   uint64
	after   bool // the message, not before it
}

// instantsOf are the instants of a message: one, or those of all records that it is about. There is none if nothing in it can be counted.
func (in *Injector) instantsOf(at supervise.Strike) []instant {
	i := instant{after: at.When == supervise.AfterReceive}
	switch msg := at.Message.(type) {
	case *simulator.Tick:
		i.tick, i.message = msg.N, "tick"
	case *simulator.Crossed:
		i.tick, i.message = msg.N, fmt.Sprintf("crossing of car %d", msg.Crossing.Car)
	case *simulator.CloseTick:
		i.tick, i.message = msg.N, "end of tick"
	case *simulator.RowDone:
		i.tick, i.message = msg.N, rowOf(int(msg.Car))
	case *simulator.TickClosed:
		i.tick, i.message = msg.N, lineEnd(msg.Line)
	default:
		if !ticks(at.Kind) {
			i.message = fmt.Sprintf("%T", msg)
			i.count = in.countOf(at, i.message)
			break
		}
		return in.momentsOf(msg, i.after)
	}
	return []instant{i}
}

func rowOf(car int) string    { return fmt.Sprintf("row of car %d", car) }
func lineEnd(line int) string { return fmt.Sprintf("end of tick at line %d", line) }

// momentsOf are the instants of a message of the processor's actors.
func (in *Injector) momentsOf(msg any, after bool) (out []instant) {
	for _, m := range processor.Moments(msg) {
		i := instant{tick: m.Tick, message: "batch", after: after}
		if m.Seq > 0 {
			i.tick, i.message = race.Tick((m.Time+in.tick-1)/in.tick), fmt.Sprintf("record %d", m.Seq)
		}
		out = append(out, i)
	}
	return out
}

// countOf is how many messages of a type an actor had up to this one.
func (in *Injector) countOf(at supervise.Strike, message string) uint64 {
	key := at.Kind + " " + at.ID + " " + message
	in.mu.Lock()
	defer in.mu.Unlock()
	if at.When == supervise.BeforeReceive && !at.Retried {
		in.counts[key]++
	}
	return in.counts[key]
}

// time is the race time of an instant.
func (in *Injector) time(i instant) race.Micros {
	if i.tick > 0 {
		return race.Micros(i.tick) * in.tick
	}
	return race.Micros(in.now.Load())
}
