package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
)

// openDamaged opens a damaged file for reading. If the table with the schema is damaged itself, it opens a copy with the
// schema of a new file.
func openDamaged(ctx context.Context, path, newPath string, codec Codec) (s *Store, done func(), lost []string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("open %s: %w", path, err)
	}
	if info.IsDir() || info.Size() < 512 {
		return nil, nil, nil, fmt.Errorf("%s holds nothing: %d bytes", path, info.Size())
	}
	s, err = readDamaged(ctx, path, codec)
	if err == nil {
		return s, func() { _ = s.Close() }, nil, nil
	}
	dir, made := os.MkdirTemp(filepath.Dir(newPath), "salvage-")
	if made != nil {
		return nil, nil, nil, fmt.Errorf("make a copy: %w", made)
	}
	clean := func() { _ = os.RemoveAll(dir) } // a temporary directory
	mended := filepath.Join(dir, "copy.db")
	s, failed := openGrafted(ctx, path, mended, codec)
	if failed != nil {
		clean()
		return nil, nil, nil, fmt.Errorf("nothing of %s can be read: %w", path, errors.Join(err, failed))
	}
	lost = []string{fmt.Sprintf("the list of tables was damaged (%v); a new file's is taken in its place", err)}
	return s, func() { _ = s.Close(); clean() }, lost, nil
}

// openGrafted opens a copy with a schema that fits; if none fits, with a new file's schema: the logs of some races may be
// readable.
func openGrafted(ctx context.Context, path, mended string, codec Codec) (*Store, error) {
	for _, vacuumed := range []bool{false, true} {
		if err := graft(ctx, path, mended, vacuumed, codec); err != nil {
			return nil, err
		}
		if s, err := readGrafted(ctx, mended, codec); err == nil {
			return s, nil
		}
	}
	if err := graft(ctx, path, mended, false, codec); err != nil {
		return nil, err
	}
	return readDamaged(ctx, mended, codec)
}

// readGrafted opens a file with a replaced schema and checks that it fits: that race infos can be read.
func readGrafted(ctx context.Context, path string, codec Codec) (*Store, error) {
	s, err := readDamaged(ctx, path, codec)
	if err != nil {
		return nil, err
	}
	err = each(ctx, s.read, func(r *sql.Rows) error {
		_, err := s.scanSummary(r.Scan)
		return err
	}, summaryColumns+" LIMIT 1")
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// salvagedSince is the oldest supported schema: later versions only added columns to the tables that are saved.
const salvagedSince = 4

// readDamaged opens a damaged file and checks that it has the expected tables.
func readDamaged(ctx context.Context, path string, codec Codec) (*Store, error) {
	// writable_schema lets SQLite read a file that is shorter than its header says; nothing is written.
	s, err := newStore(path, dsn(path, []string{"writable_schema(1)", "query_only(1)"}, "mode", "ro"), codec)
	if err != nil {
		return nil, err
	}
	s.closed = true
	close(s.done)
	var known, version int
	err = s.read.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name IN ('races', 'records', 'telemetry', 'frames', 'samples')").Scan(&known)
	if err == nil {
		version, err = schemaOf(s.read)
	}
	if err == nil && (known != 5 || version < salvagedSince || version > schemaVersion) {
		err = fmt.Errorf("it has schema version %[3]d and %[4]d of 5 tables, supported are versions %[1]d to %[2]d", salvagedSince, schemaVersion, version, known)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// graft copies a file and replaces the schema pages by those of a new file, or of a new vacuumed file, in which each table
// begins at the same page. The layout of a file made by an older version may differ from both; then nothing can be decoded.
func graft(ctx context.Context, path, mended string, vacuumed bool, codec Codec) error {
	fresh, err := os.CreateTemp(filepath.Dir(mended), "new-*.db")
	if err != nil {
		return fmt.Errorf("make a new list of tables: %w", err)
	}
	if err := fresh.Close(); err != nil {
		return fmt.Errorf("make a new list of tables: %w", err)
	}
	s, err := Open(fresh.Name(), codec, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	var pages []int64
	var pageSize int64
	if vacuumed {
		_, err = s.write.ExecContext(ctx, "VACUUM")
	}
	err = errors.Join(
		err,
		s.read.QueryRowContext(ctx, "PRAGMA page_size").Scan(&pageSize),
		each(ctx, s.read, func(r *sql.Rows) error {
			var n int64
			err := r.Scan(&n)
			pages = append(pages, n)
			return err
		}, "SELECT pageno FROM dbstat WHERE name = 'sqlite_schema'"),
		drain(ctx, s.write, "PRAGMA wal_checkpoint(TRUNCATE)"), s.Close())
	if err != nil {
		return fmt.Errorf("make a new list of tables: %w", err)
	}
	for _, suffix := range []string{"", "-wal"} {
		if err := copyFile(path+suffix, mended+suffix); err != nil && (suffix == "" || !errors.Is(err, fs.ErrNotExist)) {
			return err
		}
	}
	return graftPages(fresh.Name(), mended, pages, pageSize)
}

func graftPages(fresh, mended string, pages []int64, pageSize int64) error {
	source, err := os.ReadFile(fresh)
	if err != nil {
		return fmt.Errorf("read the new list of tables: %w", err)
	}
	file, err := os.OpenFile(mended, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("repair the copy: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	binary.BigEndian.PutUint32(source[28:], uint32(info.Size()/pageSize)) // the number of pages of the file
	for _, n := range pages {
		at := (n - 1) * pageSize
		if _, err := file.WriteAt(source[at:at+pageSize], at); err != nil {
			return errors.Join(fmt.Errorf("repair the copy: %w", err), file.Close())
		}
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("repair the copy: %w", err)
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	defer in.Close() //nolint:errcheck // it was only read
	out, err := os.Create(to)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	return nil
}
