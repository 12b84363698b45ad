package timing

import (
	"iter"

	"lightsout/race"
)

// Step is a record of a log, what followed from it, and the state after it.
type Step struct {
	State   *State // the same one in every step
	Record  *race.Record
	Facts   race.Facts // of a refused record: that it was refused
	Refused error      // why the rules refuse the record; nil if they do not
}

// Replay folds a race's log from its beginning. It looks one record ahead, so that a lap which many records move is published
// once. An error of the log ends the replay and is passed on.
func Replay(log iter.Seq2[*race.Record, error]) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		state := New()
		step := func(r *race.Record, more bool) bool {
			facts, refused := state.Fold(r, more)
			return yield(Step{state, r, facts, refused}, nil)
		}
		var last *race.Record
		for r, err := range log {
			if err != nil {
				yield(Step{State: state}, err)
				return
			}
			if last != nil && !step(last, true) {
				return
			}
			last = r
		}
		if last != nil {
			step(last, false)
		}
	}
}

// Records are the records of a list as a log.
func Records(list []race.Record) iter.Seq2[*race.Record, error] {
	return func(yield func(*race.Record, error) bool) {
		for i := range list {
			if !yield(&list[i], nil) {
				return
			}
		}
	}
}
