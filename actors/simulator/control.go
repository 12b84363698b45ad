package simulator

import (
	"fmt"
	"slices"

	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/race/drive"
)

// command accepts a command once. While batches are made again it waits.
func (a *raceActor) command(c supervise.Context, msg any, from *actor.PID) {
	switch {
	case !a.once(from):
	case a.scripting:
		a.early = append(slices.Clip(a.early), earlyCommand{msg, from})
		a.keep(c)
	default:
		a.obey(c, msg)
	}
}

// once reports whether a command is new: a command that killed an incarnation is delivered again right after it.
func (a *raceActor) once(who *actor.PID) bool {
	if who == nil || a.last == nil || !a.last.Equals(who) {
		a.last = who
		return true
	}
	return false
}

// obey handles a command and promises its answer.
func (a *raceActor) obey(c supervise.Context, msg any) {
	switch msg := msg.(type) {
	case ControlRace:
		if err := a.control(c, msg); err != nil {
			a.promise(c, msg.ReplyTo, err, Result{})
			return
		}
		a.promise(c, msg.ReplyTo, nil, Result{})
		a.pace(c)
		a.proceed(c)
	case CommandCars:
		if err := a.commandCars(c, msg); err != nil {
			a.promise(c, msg.ReplyTo, err, Result{})
		}
	case RuleRace:
		if err := a.rule(c, msg); err != nil {
			a.promise(c, msg.ReplyTo, err, Result{})
		}
	}
}

// control starts, pauses, resumes or stops the race. Each is a record, so that replays and restarts have it too.
func (a *raceActor) control(c supervise.Context, msg ControlRace) error {
	at := a.field.Time
	in := race.Input{ID: msg.ID, Control: &msg.Control}
	switch what := msg.Control; {
	case a.over:
		return errOver
	case what == race.ControlStart && !a.started: // cars and checkpoints are made now, so that a waiting race costs no more than its entries
		a.started = true
		a.spawn(c)
		a.record(c, in, race.Record{Time: at, Body: race.Started{}})
	case what == race.ControlPause && a.started && !a.held:
		a.held = true
		a.record(c, in, race.Record{Time: at, Body: race.Held{}})
	case what == race.ControlResume && a.held:
		a.held = false
		a.record(c, in, race.Record{Time: at, Body: race.Released{}})
	case what == race.ControlStop && a.started:
		a.abandon(c, in, at)
	default:
		return fmt.Errorf("%v of a race that is %v: %w", what, a.status(), race.ErrConflict)
	}
	return nil
}

// abandon stops the race for good: a red flag that is not resumed, the result counted back.
func (a *raceActor) abandon(c supervise.Context, in race.Input, at race.Micros) {
	records := []race.Record{
		{Time: at, Body: race.Suspended{}}, {Time: at, Body: race.Abandoned{}}, {Time: at, Body: race.Ended{}},
	}
	if a.field.ChequeredAt != race.NoTime { // after the chequered flag there is nothing to count back
		records = records[2:]
	}
	a.tick, a.held = nil, false
	a.end(c)
	a.record(c, in, records...)
}

// end answers the commands that no tick will take any more.
func (a *raceActor) end(c supervise.Context) {
	a.over = true
	for _, cmd := range a.pending {
		a.promise(c, cmd.ReplyTo, errOver, Result{})
	}
	a.pending, a.taken = nil, 0
}

// record makes a batch at once, of one command.
func (a *raceActor) record(c supervise.Context, in race.Input, records ...race.Record) {
	a.submitBatch(c, &race.Batch{Records: records, Inputs: []race.Input{in}})
}

func (a *raceActor) status() race.Status {
	switch {
	case !a.started:
		return race.Waiting
	case a.held:
		return race.Paused
	}
	return race.Underway
}

func (a *raceActor) commandCars(c supervise.Context, cmd CommandCars) error {
	if a.over {
		return errOver
	}
	if err := a.knows(&cmd.Inputs); err != nil {
		return err
	}
	a.pending = append(slices.Clip(a.pending), pendingCommand{CommandCars: cmd, input: race.Input{ID: cmd.ID, Cars: &race.CarsInput{
		Retire: cmd.Inputs.Retire, PitCall: cmd.Inputs.PitCall, Flag: cmd.Inputs.Flag, Author: cmd.Author, Reason: cmd.Reason,
	}}})
	a.keep(c)
	return nil
}

// knows returns an error for a car that is not in the race.
func (a *raceActor) knows(in *drive.Inputs) error {
	for _, car := range slices.Concat(in.Retire, in.PitCall) {
		if car < 0 || int(car) >= len(a.field.Rows) {
			return fmt.Errorf("car slot %d of %d: %w", car, len(a.field.Rows), race.ErrNotFound)
		}
	}
	return nil
}
