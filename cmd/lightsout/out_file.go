package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// outFile is a file that is being written. It gets its name when it is closed whole; until then, and if that never happens,
// what has the name stays as it is.
type outFile struct {
	*os.File
	path string // empty: the file was written to directly
}

// createFile begins a file. A device or a pipe is written to directly: there is nothing of it to keep.
func createFile(path string) (*outFile, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // a link stays a link
	}
	mode := fs.FileMode(0o666)
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, badInput("%w", err)
	case info.IsDir():
		return nil, badInput("%s is a folder: expected the name of a file", path)
	default:
		old, err := os.OpenFile(path, os.O_WRONLY, 0) // may it be written at all?
		if err != nil {
			return nil, badInput("%w", err)
		}
		if !info.Mode().IsRegular() {
			return &outFile{File: old}, nil
		}
		_ = old.Close() // nothing was written
		mode = info.Mode().Perm()
	}
	f, err := os.OpenFile(fmt.Sprintf("%s.%d.partial", path, os.Getpid()), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return nil, badInput("%w", err)
	}
	return &outFile{f, path}, nil
}

// Close gives the file its name, once it is on disk.
func (f *outFile) Close() error {
	if f.path == "" {
		return f.File.Close() //nolint:wrapcheck // it says enough
	}
	if err := errors.Join(f.Sync(), f.File.Close()); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", f.path, err), os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), f.path); err != nil {
		return fmt.Errorf("name %s: %w", f.path, err)
	}
	if dir, err := os.Open(filepath.Dir(f.path)); err == nil {
		_ = dir.Sync() // not every file system can; either name is of a whole file
		_ = dir.Close()
	}
	return nil
}

// giveUp takes a file away that is not whole. After Close it does nothing.
func (f *outFile) giveUp() error {
	if f == nil {
		return nil
	}
	_ = f.File.Close() // it may be closed already
	if f.path == "" {
		return nil
	}
	if err := os.Remove(f.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("take away what was begun: %w", err)
	}
	return nil
}

// writeFile writes a file whole, or leaves what has its name as it is.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := createFile(path)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		return errors.Join(err, f.giveUp())
	}
	return f.Close()
}

// mayWrite says what keeps a file from being written, and leaves what has its name as it is.
func mayWrite(path string) error {
	f, err := createFile(path)
	if err != nil {
		return err
	}
	return f.giveUp()
}

// sameFile says that two paths are of one file, which need not be there.
func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX == nil && errY == nil {
		return os.SameFile(x, y)
	}
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	return a != "" && b != "" && errA == nil && errB == nil && absA == absB
}
