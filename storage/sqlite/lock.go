package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

// ErrInUse means that another process writes the file.
var ErrInUse = errors.New("another process writes it")

// lock keeps other processes from writing the file: two writers that each believe to own a race would destroy it. It is an
// operating-system lock on a file beside the database, which contains the process ID; it ends with the process in any case.
func lock(path string) (*flock.Flock, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil { // one file, whatever path it is opened by
		path = real
	} else if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(dir, filepath.Base(path))
	}
	beside := path + ".lock"
	for {
		l := flock.New(beside, flock.SetFlag(os.O_CREATE|os.O_RDWR))
		locked, err := l.TryLock()
		switch {
		case err != nil:
			return nil, fmt.Errorf("lock %s: %w", beside, err)
		case !locked:
			return nil, fmt.Errorf("%w: process %s (%s)", ErrInUse, holder(beside), beside)
		}
		held, heldErr := l.Stat()
		there, err := os.Stat(beside)
		if heldErr != nil || err != nil || !os.SameFile(held, there) { // the previous owner has removed the lock file meanwhile
			if err := l.Close(); err != nil {
				return nil, fmt.Errorf("lock %s: %w", beside, err)
			}
			continue
		}
		if err := os.WriteFile(beside, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil { // for their error message
			return nil, errors.Join(fmt.Errorf("write the lock file of %s: %w", path, err), l.Close())
		}
		return l, nil
	}
}

// release releases the lock.
func release(l *flock.Flock) error {
	return errors.Join(os.Remove(l.Path()), l.Close())
}

// holder returns the ID of the process that has the lock.
func holder(beside string) string {
	data, err := os.ReadFile(beside)
	if pid := strings.TrimSpace(string(data)); err == nil && pid != "" {
		return pid
	}
	return "unknown"
}
