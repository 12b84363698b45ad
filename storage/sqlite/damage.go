package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"
)

// ErrDamaged means that a file is not as SQLite wrote it.
var ErrDamaged = errors.New("the database is damaged")

// checkAtOpen is the largest file that is checked completely when it is opened, which takes about a second. Of a larger file
// only the small tables are checked; `lightsout db check` checks everything.
const checkAtOpen = 64 << 20

// damaged wraps errors of a damaged file with ErrDamaged and advice.
func damaged(err error, path string) error {
	if !isDamage(err) || errors.Is(err, ErrDamaged) {
		return err
	}
	return fmt.Errorf("%w: %w (%s)", ErrDamaged, err, advice(path))
}

func isDamage(err error) bool {
	c := code(err)
	return c == sqlite3.SQLITE_CORRUPT || c == sqlite3.SQLITE_NOTADB
}

func advice(path string) string {
	return fmt.Sprintf("nothing was overwritten; `lightsout db salvage %s NEW.db` saves what can still be read", path)
}

// notDamaged checks that a file is as SQLite wrote it. It opens the file read-only: closing a writing connection would
// checkpoint the WAL into the file.
func notDamaged(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() == 0 {
		return nil // as isNew reports; opening the file returns any other error
	}
	db, err := sql.Open("sqlite", dsn(path, nil, "mode", "ro"))
	if err != nil {
		return fmt.Errorf("check for damage: %w", err)
	}
	defer db.Close() //nolint:errcheck // it only reads
	tables := []string{"(1)"}
	if info.Size() > checkAtOpen {
		tables = []string{"(races)", "(entries)", "(results)", "(snapshots)", "(feeds)"}
	}
	for _, table := range tables {
		found := "ok"
		err := db.QueryRowContext(context.Background(), "PRAGMA quick_check"+table).Scan(&found)
		if found != "ok" {
			return fmt.Errorf("%w: %s (%s)", ErrDamaged, strings.ReplaceAll(found, "\n", ", "), advice(path))
		}
		if err := damaged(err, path); errors.Is(err, ErrDamaged) {
			return err
		}
	}
	return nil // other errors are not damage, for example a table that an older file does not have
}
