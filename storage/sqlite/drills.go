package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"lightsout/race"
)

// KeptDrill is a drill as it was kept. Race is empty for an order that is for races to come.
type KeptDrill struct {
	Number int
	Race   race.ID
	Data   []byte
}

// KeepDrill keeps a drill in place of what was kept under its number, durably. It returns race.ErrNotFound if its race is gone.
func (s *Store) KeepDrill(ctx context.Context, d KeptDrill) error {
	return s.commitIndependently(ctx, d.Race, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO drills SELECT ?1, ?2, ?3 WHERE ?2 = '' OR EXISTS (SELECT 1 FROM races WHERE id = ?2)
			ON CONFLICT (number) DO UPDATE SET data = excluded.data`, d.Number, string(d.Race), string(d.Data))
		return changedOne(res, err, "keep a drill of", d.Race)
	})
}

// DropDrill deletes what was kept under a number.
func (s *Store) DropDrill(ctx context.Context, number int) error {
	return s.commitIndependently(ctx, "", func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM drills WHERE number = ?", number); err != nil {
			return fmt.Errorf("delete drill %d: %w", number, err)
		}
		return nil
	})
}

// Drills returns the drills of a race, or all of them; the oldest first.
func (s *Store) Drills(ctx context.Context, id race.ID, all bool) (out []KeptDrill, err error) {
	err = each(ctx, s.read, func(r *sql.Rows) error {
		var d KeptDrill
		err := r.Scan(&d.Number, &d.Race, &d.Data)
		out = append(out, d)
		return err
	}, "SELECT number, race, data FROM drills WHERE race = ? OR ? ORDER BY number", string(id), all)
	return out, err
}

// KeepDrillPart appends to a file that a drill leaves. It returns race.ErrNotFound if the race is gone.
func (s *Store) KeepDrillPart(ctx context.Context, id race.ID, number int, file string, data []byte) error {
	return s.commitIndependently(ctx, id, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO drill_files SELECT ?1, ?2, ?3,
			(SELECT count(*) FROM drill_files WHERE race = ?1 AND number = ?2 AND file = ?3), ?4 WHERE EXISTS (SELECT 1 FROM races WHERE id = ?1)`,
			string(id), number, file, data)
		return changedOne(res, err, "keep what a drill leaves of", id)
	})
}

// DropDrillFile deletes a file that a drill has left.
func (s *Store) DropDrillFile(ctx context.Context, id race.ID, number int, file string) error {
	return s.commitIndependently(ctx, id, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM drill_files WHERE race = ? AND number = ? AND file = ?", string(id), number, file); err != nil {
			return fmt.Errorf("delete %s of drill %d: %w", file, number, err)
		}
		return nil
	})
}

// WriteDrillFile writes a file that a drill has left, one part in memory at a time. It returns race.ErrNotFound if there is none.
func (s *Store) WriteDrillFile(ctx context.Context, id race.ID, number int, file string, w io.Writer) error {
	for part := 0; ; part++ {
		var data []byte
		err := s.read.QueryRowContext(ctx, "SELECT data FROM drill_files WHERE race = ? AND number = ? AND file = ? AND part = ?",
			string(id), number, file, part).Scan(&data)
		switch {
		case errors.Is(err, sql.ErrNoRows) && part > 0:
			return nil
		case errors.Is(err, sql.ErrNoRows):
			return fmt.Errorf("%s of drill %d: %w", file, number, race.ErrNotFound)
		case err != nil:
			return fmt.Errorf("read %s of drill %d: %w", file, number, err)
		}
		if _, err := w.Write(data); err != nil {
			return fmt.Errorf("write %s of drill %d: %w", file, number, err)
		}
	}
}
