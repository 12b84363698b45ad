package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// OutFile is a file that is being written. It takes its name in Close, so that an existing file of that name stays until the new one is
// complete.
type OutFile struct {
	*os.File
	path string // empty if the file is written to directly
}

// CreateFile begins a file. A device or a pipe is written to directly.
func CreateFile(path string) (*OutFile, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // a link stays a link
	}
	mode := fs.FileMode(0o666)
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, BadInput("%w", err)
	case info.IsDir():
		return nil, BadInput("%s is a folder: expected the name of a file", path)
	default:
		old, err := os.OpenFile(path, os.O_WRONLY, 0) // check that it may be written
		if err != nil {
			return nil, BadInput("%w", err)
		}
		if !info.Mode().IsRegular() {
			return &OutFile{File: old}, nil
		}
		_ = old.Close() // nothing was written
		mode = info.Mode().Perm()
	}
	f, err := os.OpenFile(fmt.Sprintf("%s.%d.partial", path, os.Getpid()), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return nil, BadInput("%w", err)
	}
	return &OutFile{f, path}, nil
}

// Close syncs the file and gives it its name.
func (f *OutFile) Close() error {
	if f.path == "" {
		return f.File.Close()
	}
	if err := errors.Join(f.Sync(), f.File.Close()); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", f.path, err), os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), f.path); err != nil {
		return fmt.Errorf("name %s: %w", f.path, err)
	}
	if dir, err := os.Open(filepath.Dir(f.path)); err == nil {
		_ = dir.Sync() // not every file system can; either name is of a complete file
		_ = dir.Close()
	}
	return nil
}

// Discard deletes an incomplete file. After Close it does nothing.
func (f *OutFile) Discard() error {
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

// WriteFile writes a file completely, or leaves an existing one as it is.
func WriteFile(path string, write func(io.Writer) error) error {
	f, err := CreateFile(path)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		return errors.Join(err, f.Discard())
	}
	return f.Close()
}

// MayWrite returns why a file cannot be written, and leaves an existing one as it is.
func MayWrite(path string) error {
	f, err := CreateFile(path)
	if err != nil {
		return err
	}
	return f.Discard()
}

// SameFile reports whether two paths are the same file, which need not exist.
func SameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX == nil && errY == nil {
		return os.SameFile(x, y)
	}
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	return a != "" && b != "" && errA == nil && errB == nil && absA == absB
}

// Regular reports whether a path is a regular file, and not a device or a pipe.
func Regular(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
