package sqlite

import (
	"context"
	"fmt"
)

// Backup copies all of the database, as it is at one moment, into a file that is new or empty, also while another process writes. The copy has no
// free pages, so it is no larger than the file.
func (s *Store) Backup(ctx context.Context, into string) error {
	if _, err := s.readers.ExecContext(ctx, "VACUUM INTO ?", into); err != nil {
		return fmt.Errorf("back up into %s: %w", into, damaged(err, s.path))
	}
	return nil
}
