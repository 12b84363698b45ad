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

// ErrDamaged says that a file is no longer what SQLite wrote.
var ErrDamaged = errors.New("the database is damaged")

// checkAtOpen is the largest file that is looked through whole when it is opened: a second or so. Of a larger one only the
// small tables are; `lightsout db check` looks at all.
const checkAtOpen = 64 << 20

// damaged marks errors of a damaged file, and says what can be done.
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

// notDamaged looks whether a file is what SQLite wrote. It only reads: a connection that writes would bring what is in the
// WAL into the file when it is closed.
func notDamaged(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() == 0 {
		return nil // as isNew says; whatever else is wrong, opening it says
	}
	db, err := sql.Open("sqlite", dsn(path, nil, "mode", "ro"))
	if err != nil {
		return fmt.Errorf("look whether it is damaged: %w", err)
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
	return nil // what else failed, a table that an older file has not for example, is not damage
}
