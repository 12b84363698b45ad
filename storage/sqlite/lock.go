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

// ErrInUse says that another process writes the file.
var ErrInUse = errors.New("another process writes it")

// lock keeps other processes from writing the file: two that each believe a race to be theirs ruin it. The lock is the system's, on a
// file beside it that holds our number, and goes with the process, however that ends.
func lock(path string) (*flock.Flock, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil { // one file, whatever it is called
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
		if heldErr != nil || err != nil || !os.SameFile(held, there) { // who had it before has taken it away meanwhile
			if err := l.Close(); err != nil {
				return nil, fmt.Errorf("lock %s: %w", beside, err)
			}
			continue
		}
		if err := os.WriteFile(beside, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil { // others read who it is
			return nil, errors.Join(fmt.Errorf("note who locks %s: %w", path, err), l.Close())
		}
		return l, nil
	}
}

// release takes the lock away.
func release(l *flock.Flock) error {
	return errors.Join(os.Remove(l.Path()), l.Close())
}

// holder is the number of the process that has the lock.
func holder(beside string) string {
	data, err := os.ReadFile(beside)
	if pid := strings.TrimSpace(string(data)); err == nil && pid != "" {
		return pid
	}
	return "unknown"
}
