package races

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"lightsout/race"
	"lightsout/storage/sqlite"
)

// retainEvery is how often retention runs.
const retainEvery = time.Minute

// Retain applies a retention policy until the context ends.
func (r *Races) Retain(ctx context.Context, policy sqlite.Retention) {
	if policy.Telemetry == 0 && policy.SizeBytes == 0 && policy.Races == 0 && policy.Audit == 0 {
		return
	}
	k := keeper{races: r, policy: policy}
	tick := time.NewTicker(retainEvery)
	defer tick.Stop()
	for {
		k.once(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// keeper applies a policy, and logs what is news.
type keeper struct {
	races   *Races
	policy  sqlite.Retention
	waiting int
	over    bool
}

// audit keeps in the audit trail that the policy deleted a race.
func (k *keeper) audit(ctx context.Context, id race.ID) {
	err := k.races.store.KeepAudit(ctx, race.AuditEntry{
		At: time.Now().UnixNano(), Action: "race_deleted", Race: id, Author: "retention", Status: http.StatusNoContent,
		Detail: fmt.Sprintf("older than %v", k.policy.Races),
	})
	if err != nil {
		k.races.log.Error("the audit trail cannot be written", slog.String("race", string(id)), slog.Any("err", err))
	}
}

func (k *keeper) once(ctx context.Context) {
	log := k.races.log
	did, err := k.races.store.Retain(ctx, k.policy)
	if err != nil {
		if ctx.Err() == nil {
			log.Error("retention failed; it is tried again", slog.Any("err", err))
		}
		return
	}
	for _, id := range did.Races {
		if err := k.races.forget(ctx, id); err != nil {
			log.Warn("a race that is gone is still on the air", slog.String("race", string(id)), slog.Any("err", err))
		}
		k.audit(ctx, id)
	}
	if len(did.Telemetry)+len(did.Races) > 0 {
		log.Info("retention gave up what is too old or too much", slog.Any("telemetry_of", did.Telemetry),
			slog.Any("races", did.Races), slog.Int64("bytes_before", did.Before), slog.Int64("bytes_after", did.After))
	}
	if n := len(did.Waiting); n != k.waiting {
		k.waiting = n
		if n > 0 {
			log.Warn("retention waits for feeds", slog.Any("races", did.Waiting))
		}
	}
	over := k.policy.SizeBytes > 0 && did.After > k.policy.SizeBytes
	if over != k.over {
		k.over = over
		if over {
			log.Warn("the file holds more than it should, and nothing more can be given up",
				slog.Int64("bytes", did.After), slog.Int64("allowed", k.policy.SizeBytes))
		}
	}
}
