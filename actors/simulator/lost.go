package simulator

import (
	"strconv"

	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/race/drive"
)

// lost are the children that were given up after too many deaths. This incarnation of the race does not restart them.
type lost struct {
	cars  map[race.CarIdx]bool
	lines map[int]bool
}

// childFailed continues the race without a car or line that dies of the same message repeatedly or was given up: the car is out of the
// race, and the line's passings are those in the rows.
func (a *raceActor) childFailed(c supervise.Context, f supervise.Failed) {
	id, err := strconv.Atoi(f.ID)
	switch {
	case err != nil:
	case f.Kind == "car":
		a.carFailed(c, race.CarIdx(id), f)
	case f.Kind == "checkpoint":
		a.lineFailed(c, id, f)
	}
}

func (a *raceActor) carFailed(c supervise.Context, car race.CarIdx, f supervise.Failed) {
	if f.GivenUp {
		if a.lost.cars == nil {
			a.lost.cars = map[race.CarIdx]bool{}
		}
		a.lost.cars[car] = true
	}
	msg, ok := f.Message.(*Tick)
	if t := a.tick; t != nil && (f.GivenUp || ok && t.n == msg.N && t.attempt == msg.Attempt) {
		a.doWithout(c, car)
	}
}

func (a *raceActor) lineFailed(c supervise.Context, line int, f supervise.Failed) {
	if f.GivenUp {
		if a.lost.lines == nil {
			a.lost.lines = map[int]bool{}
		}
		a.lost.lines[line] = true
	}
	if msg, ok := f.Message.(*CloseTick); ok {
		a.lineClosed(c, msg.filledIn(line))
	} else if t := a.tick; f.GivenUp && t != nil && t.next != nil && t.asked[line] != nil {
		a.lineClosed(c, (&CloseTick{N: t.n, Attempt: t.attempt, Expected: t.asked[line]}).filledIn(line))
	}
}

// doWithout retires a car in the open tick, unless its row has arrived. For another process that makes the tick again, it is a command.
func (a *raceActor) doWithout(c supervise.Context, car race.CarIdx) {
	t := a.tick
	if t == nil || t.have[car] {
		return
	}
	retire := drive.Inputs{Retire: []race.CarIdx{car}}
	row, _ := a.model.Next(t.prev, &retire, car, nil)
	if row.State != t.prev.Rows[car].State {
		t.withdrawn = append(t.withdrawn, pendingCommand{input: race.Input{Cars: &race.CarsInput{Retire: retire.Retire}}, CommandCars: CommandCars{Inputs: retire}})
	}
	if t.row(car, row, nil) {
		a.closeLines(c)
	}
}

// filledIn is the answer in place of a line that was given up.
func (m *CloseTick) filledIn(line int) *TickClosed {
	return &TickClosed{N: m.N, Attempt: m.Attempt, Line: line, Passed: m.Expected, FilledIn: len(m.Expected)}
}
