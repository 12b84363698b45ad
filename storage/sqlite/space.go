package sqlite

import (
	"context"
	"database/sql"
	"path/filepath"

	"lightsout/race"
)

// Space is what a file takes of its disk and of its quota, in bytes.
type Space struct {
	File, WAL int64
	Used      int64 // of the file, without free pages
	Quota     int64 // largest size of the file; 0 means none
	DiskFree  int64 // for this user; -1 if the system does not say
}

// Space measures the file and its disk. It costs a few system calls.
func (s *Store) Space(ctx context.Context) (out Space, err error) {
	if out.File, out.WAL, err = s.fileSizes(); err != nil {
		return out, err
	}
	if out.Used, err = s.usedBytes(ctx); err != nil {
		return out, err
	}
	s.mu.Lock()
	out.Quota = s.limit
	s.mu.Unlock()
	out.DiskFree = diskFree(filepath.Dir(s.path))
	return out, nil
}

// Census counts the races by status.
func (s *Store) Census(ctx context.Context) (map[race.Status]int64, error) {
	out := map[race.Status]int64{}
	err := each(ctx, s.read, func(r *sql.Rows) error {
		var status int
		var n int64
		err := r.Scan(&status, &n)
		out[race.Status(status)] = n
		return err
	}, "SELECT status, count(*) FROM races GROUP BY status")
	return out, err
}
