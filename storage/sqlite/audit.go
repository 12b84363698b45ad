package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"lightsout/race"
)

// KeepAudit appends to the audit trail, durably. The oldest entries beyond race.AuditKept are dropped.
func (s *Store) KeepAudit(ctx context.Context, e race.AuditEntry) error {
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode an entry of the audit trail: %w", err)
	}
	return s.commitIndependently(ctx, "", func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT INTO audit (at, data) VALUES (?,?)", e.At, string(data)); err != nil {
			return fmt.Errorf("append to the audit trail: %w", err)
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM audit WHERE seq <= (SELECT max(seq) FROM audit) - ?", race.AuditKept); err != nil {
			return fmt.Errorf("shorten the audit trail: %w", err)
		}
		return nil
	})
}

// AuditTrail returns entries of the audit trail, newest first.
func (s *Store) AuditTrail(ctx context.Context, q race.AuditQuery) (out []race.AuditEntry, err error) {
	err = each(ctx, s.read, func(r *sql.Rows) error {
		var seq, at int64
		var data []byte
		if err := r.Scan(&seq, &at, &data); err != nil {
			return err
		}

		out = append(out, race.AuditEntry{Seq: seq, At: at})
		return json.Unmarshal(data, &out[len(out)-1])
	}, `SELECT seq, at, data FROM audit WHERE (?1 = 0 OR seq < ?1) AND (?2 = '' OR data ->> 'race' = ?2)
		AND (?3 = '' OR data ->> 'action' = ?3) ORDER BY seq DESC LIMIT ?4`, q.Before, string(q.Race), q.Action, q.Limit)
	return out, err
}

// retainAudit drops what is older than age of the audit trail, in steps; 0 means no limit. Entries are in the order of their time.
func (s *Store) retainAudit(ctx context.Context, age time.Duration) error {
	const step = 1000
	for n := int64(step); age > 0 && n == step; {
		var err error
		n, err = s.between(ctx, func(tx *sql.Tx) (int64, error) {
			res, err := tx.ExecContext(ctx, `DELETE FROM audit WHERE seq IN (SELECT seq FROM audit ORDER BY seq LIMIT ?) AND at < ?`,
				step, s.now().Add(-age).UnixNano())
			if err != nil {
				return 0, fmt.Errorf("shorten the audit trail: %w", err)
			}
			return res.RowsAffected()
		})
		if err != nil {
			return err
		}
	}
	return nil
}
