package simulator

import (
	"errors"
	"fmt"
	"slices"

	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/race/drive"
)

// scripted is how the next batch was made before; nil if it is a new one.
func (a *raceActor) scripted() *race.Made {
	if len(a.script) == 0 || a.count+1 < a.script[0].Count {
		return nil
	}
	if i := a.count + 1 - a.script[0].Count; i < uint64(len(a.script)) {
		return &a.script[i]
	}
	return nil
}

// checkScript checks that a script follows the batch count without a gap.
func checkScript(script []race.Made, count uint64) error {
	for i := range script {
		if want := count + 1 + uint64(i); script[i].Count != want {
			return fmt.Errorf("%w: the script has batch %d where batch %d should be", ErrMadeOtherwise, script[i].Count, want)
		}
	}
	return nil
}

// again makes batches of the script until one of them waits for the cars or for credit. It reports whether the script is used up.
// Whether the race is paused does not matter: a tick that was open at the time is in the script.
func (a *raceActor) again(c supervise.Context) bool {
	for {
		made := a.scripted()
		if made == nil {
			return true
		}
		if a.tick != nil || len(a.unacked) >= a.window {
			return false
		}
		var err error
		if made.Tick {
			err = a.openAgain(c, made)
		} else {
			err = a.recordAgain(c, made)
		}
		if err != nil {
			a.fail(c, a.otherwise(made.Count, err))
		}
	}
}

// recordAgain makes a batch that was made at once.
func (a *raceActor) recordAgain(c supervise.Context, made *race.Made) error {
	if len(made.Inputs) != 1 {
		return fmt.Errorf("it was made at once of %d commands", len(made.Inputs))
	}
	var err error
	switch in := &made.Inputs[0]; {
	case in.Control != nil:
		err = a.control(c, ControlRace{ID: in.ID, Control: *in.Control})
	case in.Ruling != nil:
		err = a.rule(c, RuleRace{ID: in.ID, Record: *in.Ruling})
	}
	if err == nil && a.count != made.Count {
		err = errors.New("its command makes no batch at once")
	}
	return err
}

// openAgain opens a tick with the commands that it took. A tick of an earlier incarnation may have left its commands in pending; those
// that were recorded at once are there in any case, in their order.
func (a *raceActor) openAgain(c supervise.Context, made *race.Made) error {
	if !a.started || a.over {
		return fmt.Errorf("it is a tick, and the race is %v", a.status())
	}
	pending := slices.DeleteFunc(slices.Clone(a.pending), func(cmd pendingCommand) bool { return !cmd.recorded })
	for i := range made.Inputs {
		in := &made.Inputs[i]
		cmd, err := a.pendingOf(in)
		if err != nil {
			return err
		}
		if in.Place < 0 || in.Place > len(pending) {
			return fmt.Errorf("command %d is at place %d of %d", i, in.Place, len(pending))
		}
		pending = slices.Insert(pending, in.Place, cmd)
	}
	if made.Taken < 0 || made.Taken > len(pending) {
		return fmt.Errorf("it took %d commands of %d", made.Taken, len(pending))
	}
	a.pending = pending
	a.open(c, made.Taken)
	return nil
}

// pendingOf is the command of a tick's input.
func (a *raceActor) pendingOf(in *race.Input) (pendingCommand, error) {
	if in.Ruling != nil {
		told, err := a.inputsOf(in.Ruling.Body)
		if err != nil {
			return pendingCommand{}, err
		}
		if told == nil || !modelled(in.Ruling.Body) {
			return pendingCommand{}, fmt.Errorf("a %T is not recorded with a tick", in.Ruling.Body)
		}
		return pendingRuling(in.ID, *in.Ruling, told), nil
	}
	if in.Cars == nil {
		return pendingCommand{}, errors.New("a tick took a command that is not for cars")
	}
	cmd := CommandCars{
		ID: in.ID, Author: in.Cars.Author, Reason: in.Cars.Reason,
		Inputs: drive.Inputs{Retire: in.Cars.Retire, PitCall: in.Cars.PitCall, Flag: in.Cars.Flag},
	}
	return pendingCommand{CommandCars: cmd, input: *in}, a.knows(&cmd.Inputs)
}

// scriptDone leaves the script behind: a race that is to go on does, commands that waited are handled, and the clock is set.
func (a *raceActor) scriptDone(c supervise.Context) {
	if a.goesOn {
		a.goOn(c)
	}
	a.pace(c)
	for len(a.early) > 0 {
		next := a.early[0]
		a.early = a.early[1:]
		a.obey(c, next.msg)
		a.keep(c)
	}
}

// goOn starts a race that an earlier process left waiting, or resumes one that it left paused.
func (a *raceActor) goOn(c supervise.Context) {
	a.goesOn = false
	what := race.ControlStart
	switch {
	case a.over, a.started && !a.held:
		return
	case a.started:
		what = race.ControlResume
	}
	if err := a.control(c, ControlRace{Control: what}); err != nil {
		panic(err) // there is nothing in its way
	}
}

// otherwise names the batch that was not made again as it was.
func (a *raceActor) otherwise(count uint64, err error) error {
	return fmt.Errorf("batch %d of race %s: %w: %w", count, a.info.ID, ErrMadeOtherwise, err)
}
