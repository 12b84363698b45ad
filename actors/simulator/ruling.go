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
func (a *raceActor) rule(c supervise.Context, msg RuleRace) error {
	rec := msg.Record
	if rec.Time == race.NoTime {
		rec.Time = a.field.Time
	}
	told, err := a.inputsOf(rec.Body)
	switch {
	case a.over:
		return errOver
	case err != nil:
		return err
	case told != nil && (!a.started || a.held):
		return fmt.Errorf("the race is %v, nobody is out there to see it: %w", a.status(), race.ErrConflict)
	}
	recorded := told == nil || !modelled(rec.Body)
	if told != nil {
		cmd := pendingRuling(msg.ID, rec, told)
		if cmd.recorded = recorded; !recorded {
			cmd.ReplyTo = msg.ReplyTo
		}
		a.pending = append(slices.Clip(a.pending), cmd)
	}
	if !recorded {
		a.keep(c)
		return nil
	}
	done := Result{Seq: a.seq + 1, At: rec.Time}
	a.record(c, race.Input{ID: msg.ID, Ruling: &rec, Seq: done.Seq, At: done.At}, rec)
	a.promise(c, msg.ReplyTo, nil, done)
	return nil
}

// pendingRuling is what the cars are told of a ruling.
func pendingRuling(id string, rec race.Record, told *drive.Inputs) pendingCommand {
	return pendingCommand{
		CommandCars: CommandCars{ID: id, Inputs: *told, Author: rec.Author, Reason: reasonOf(rec.Body)},
		input:       race.Input{ID: id, Ruling: &rec},
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
	in := &drive.Inputs{Retire: []race.CarIdx{car}}
	return in, a.knows(in)
}

func reasonOf(b race.Body) string {
	if r, ok := b.(race.CarRetired); ok {
		return r.Reason
	}
	return ""
}

// sign puts author and reason on the records that followed from commands, and returns which record followed from each.
func sign(records []race.Record, taken []pendingCommand, first race.Seq) []Result {
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
