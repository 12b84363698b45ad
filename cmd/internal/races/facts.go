package races

import (
	"context"

	"lightsout/cmd/internal/archive"
	"lightsout/race"
)

// FactsAfter computes again what followed from the records after one, in batches that ended with the records ends.
func (r *Races) FactsAfter(ctx context.Context, id race.ID, after race.Seq, ends []race.Seq) ([]race.Facts, error) {
	return archive.FactsAfter(ctx, r.store, id, after, ends)
}
