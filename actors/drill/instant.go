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

// linePatience is how long a strike waits for a car to pass the line that chance has chosen.
const linePatience = race.Second

// partOf reports whether a race is struck at this of a tick's messages in a period: at a car's row, or at the end of the tick at a line, as chance
// decides. A line sends nothing unless a car passes it; if none does soon, a row it is.
func (in *Injector) partOf(f *armed, i instant, period int64) bool {
	rows := in.members.Cars
	part := int(in.chance(f, uint64(period), "part") * float64(rows+in.members.Checkpoints))
	if part < rows {
		return i.message == rowOf(part)
	}
	next := in.time(i) + in.tick
	soon := race.Micros(f.begins(period, in.tick))*in.tick + linePatience
	if f.Rate == 0 && f.period(next) == period && next < soon { // a rate's period is the tick, whose rows are first
		return i.message == lineEnd(part-rows)
	}
	return i.message == rowOf((part-rows)%rows)
}
