package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"lightsout/race"
)

// KeepMark keeps how far the file follows a log outside it. It is committed after all that was handed over before it, or with that.
func (s *Store) KeepMark(name string, data []byte, ready func(error)) {
	s.enqueue(job{id: race.ID("mark " + name), ready: ready, do: func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT INTO marks VALUES (?,?) ON CONFLICT (name) DO UPDATE SET data = excluded.data", name, data); err != nil {
			return fmt.Errorf("keep the mark %s: %w", name, err)
		}
		return nil
	}})
}

// Marks returns the marks of the file, by name.
func (s *Store) Marks(ctx context.Context) (map[string][]byte, error) {
	out := map[string][]byte{}
	return out, each(ctx, s.read, func(r *sql.Rows) error {
		var name string
		var data []byte
		if err := r.Scan(&name, &data); err != nil {
			return err
		}
		out[name] = data
		return nil
	}, "SELECT name, data FROM marks")
}
