package archive

import (
	"context"
	"fmt"

	"lightsout/race"
	"lightsout/race/timing"
	"lightsout/storage/sqlite"
)

// FactsAfter computes again what followed from the records after one. The batches after it ended with the records ends, at least one: which
// facts a record has depends on whether others followed at once.
func FactsAfter(ctx context.Context, store *sqlite.Store, id race.ID, after race.Seq, ends []race.Seq) (out []race.Facts, err error) {
	if _, err := store.Summary(ctx, id); err != nil {
		return nil, err
	}
	state, left := timing.New(), ends
	for r, err := range Records(ctx, store, id) {
		if err != nil {
			return nil, err
		}
		last := r.Seq == after || r.Seq == left[0]
		facts, _ := state.Fold(r, !last) // a refusal is a fact
		if r.Seq > after && len(facts.Facts) > 0 {
			out = append(out, facts)
		}
		if r.Seq == left[0] {
			if left = left[1:]; len(left) == 0 {
				return out, nil
			}
		}
	}
	return out, fmt.Errorf("the log of race %s ends before record %d", id, left[0])
}
