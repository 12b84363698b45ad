package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// moment opens a read transaction: a view of the file that later commits do not change, until done is called.
func (s *Store) moment(ctx context.Context) (at querier, done func(), err error) {
	if tx, still := s.read.(*sql.Tx); still {
		return tx, func() {}, nil
	}
	tx, err := s.readers.BeginTx(ctx, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("begin: %w", err)
	}
	return tx, func() { _ = tx.Rollback() }, nil // nothing was written
}

// Still returns a store with a fixed view: all reads see the same moment, even if another process writes. It is read-only and
// valid until done is called.
func (s *Store) Still(ctx context.Context) (still *Store, done func(), err error) {
	at, done, err := s.moment(ctx)
	if err != nil {
		return nil, nil, err
	}
	closed := make(chan struct{})
	close(closed)
	return &Store{
		path: s.path, readers: s.readers, read: at, codec: s.codec, zip: s.zip, unzip: s.unzip, now: s.now, closed: true, done: closed,
	}, done, nil
}
