package simulator

import (
	"fmt"
	"slices"

	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/race/drive"
)

// rule handles a ruling of race control: what concerns the cars is an input of the next tick and recorded with it; all else is recorded at
// once.
func (a *raceActor) rule(c supervise.Context, msg RuleRace) {
	rec := msg.Record
	if rec.Time == race.NoTime {
		rec.Time = a.field.Time
	}
	in, err := a.inputsOf(rec.Body)
	switch {
	case a.over:
		err = fmt.Errorf("the race is over: %w", race.ErrConflict)
	case err == nil && in != nil && (!a.started || a.held):
		err = fmt.Errorf("the race is %v, nobody is out there to see it: %w", a.status(), race.ErrConflict)
	}
	if err != nil {
		a.promise(c, msg.ReplyTo, err, Result{})
		return
	}
	if in == nil || !modelled(rec.Body) {
		a.submitBatch(c, []race.Record{rec}, nil)
		a.promise(c, msg.ReplyTo, nil, Result{Seq: a.seq, At: rec.Time})
		msg.ReplyTo = nil
	}
	if in == nil {
		return
	}
	cmd := CommandCars{Inputs: *in, Author: rec.Author, Reason: reasonOf(rec.Body), ReplyTo: msg.ReplyTo}
	if err := a.command(c, cmd); err != nil {
		a.promise(c, msg.ReplyTo, err, Result{})
	}
}

// modelled reports whether the model itself makes the record of the ruling.
func modelled(b race.Body) bool {
	switch b.(type) {
	case race.FlagShown, race.Suspended, race.Resumed, race.CarRetired:
		return true
	default:
		return false
	}
}

// inputsOf is what the cars must know of a ruling; nil if it concerns the stewards alone.
func (a *raceActor) inputsOf(b race.Body) (*drive.Inputs, error) {
	switch b := b.(type) {
	case race.FlagShown:
		return &drive.Inputs{Flag: &b}, nil
	case race.Suspended:
		return &drive.Inputs{Flag: &race.FlagShown{Flag: race.FlagRed}}, nil
	case race.Resumed:
		return &drive.Inputs{Flag: &race.FlagShown{Flag: race.FlagClear}}, nil
	case race.CarRetired:
		return a.takeOut(b.Car)
	case race.CarNotStarted:
		return a.takeOut(b.Car)
	case race.CarDisqualified:
		return a.takeOut(b.Car)
	case race.StartAborted, race.Abandoned, race.Started, race.Ended, race.Held, race.Released:
		return nil, fmt.Errorf("a simulated race is started, paused and stopped instead: %w", race.ErrConflict)
	default:
		return nil, nil // no input and no error
	}
}

func (a *raceActor) takeOut(car race.CarIdx) (*drive.Inputs, error) {
	if car < 0 || int(car) >= len(a.field.Rows) {
		return nil, fmt.Errorf("car slot %d of %d: %w", car, len(a.field.Rows), race.ErrNotFound)
	}
	return &drive.Inputs{Retire: []race.CarIdx{car}}, nil
}

func reasonOf(b race.Body) string {
	if r, ok := b.(race.CarRetired); ok {
		return r.Reason
	}
	return ""
}

// sign puts author and reason on the records that followed from commands, and returns which record followed from each.
func sign(records []race.Record, taken []CommandCars, first race.Seq) []Result {
	results := make([]Result, len(taken))
	for i, cmd := range taken {
		for j := range records {
			if !follows(records[j].Body, &cmd.Inputs) {
				continue
			}
			if cmd.Author != "" {
				records[j].Author = cmd.Author
			}
			if r, ok := records[j].Body.(race.CarRetired); ok && cmd.Reason != "" {
				r.Reason = cmd.Reason
				records[j].Body = r
			}
			results[i].Seq, results[i].At = first+race.Seq(j), records[j].Time
		}
	}
	return results
}

func follows(b race.Body, in *drive.Inputs) bool {
	switch b := b.(type) {
	case race.FlagShown:
		return in.Flag != nil && b.Flag == in.Flag.Flag
	case race.Suspended:
		return in.Flag != nil && in.Flag.Flag == race.FlagRed
	case race.Resumed:
		return in.Flag != nil
	case race.CarRetired:
		return slices.Contains(in.Retire, b.Car)
	default:
		return false
	}
}
