package races

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"lightsout/cmd/internal/archive"
	"lightsout/race"
)

// idOf is the id of a race that is ordered: the same for the same key at every server, else one of its own.
func idOf(of, key string) race.ID {
	if key == "" {
		return newID(of)
	}
	sum := sha256.Sum256([]byte(key))
	return race.ID("race-" + hex.EncodeToString(sum[:10]))
}

// before returns the race that an earlier order with the key has made; false if there was none. entries are nil for a simulation.
func (r *Races) before(ctx context.Context, info *race.Race, entries []race.Entry, key string) (race.Summary, bool, error) {
	if key == "" {
		return race.Summary{}, false, nil
	}
	was, err := archive.Settled(ctx, r.store, info.ID)
	if errors.Is(err, race.ErrNotFound) {
		return race.Summary{}, false, nil
	}
	if err != nil {
		return was, false, err
	}
	same := len(was.Race.Differences(info)) == 0 && was.Race.Name == info.Name && was.Race.Speed == info.Speed &&
		was.Race.TelemetryEvery == info.TelemetryEvery
	if same && entries != nil {
		kept, err := r.store.Entries(ctx, info.ID)
		if err != nil {
			return was, false, err
		}
		same = fmt.Sprintf("%+v", kept) == fmt.Sprintf("%+v", entries) // an empty list may be nil in one of them
	}
	if !same {
		return race.Summary{}, true, fmt.Errorf("the idempotency key %q: %w: choose another", key, race.ErrKeyReused)
	}
	return was, true, nil
}
