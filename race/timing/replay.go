package timing

import (
	"iter"

	"lightsout/race"
)

// Step is a record of a log, its facts, and the state after it.
type Step struct {
	State   *State // shared by all steps
	Record  *race.Record
	Facts   race.Facts // of a refused record: the refusal
	Refused error      // why the rules refuse the record; nil if they do not
}

// Replay folds a race's log from its beginning. It reads one record ahead, so that a lap which consecutive records move is
// published once. An error of the log ends the replay and is returned in the last step.
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

// Records returns a list of records as a log.
func Records(list []race.Record) iter.Seq2[*race.Record, error] {
	return func(yield func(*race.Record, error) bool) {
		for i := range list {
			if !yield(&list[i], nil) {
				return
			}
		}
	}
}
