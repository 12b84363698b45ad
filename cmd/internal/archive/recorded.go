package archive

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/storage/folder"
	"lightsout/transport"
)

// Step is a record of a recorded race, or the frame that lies between two records.
type Step struct {
	record *race.Record
	frame  *race.Frame
}

// Recorded calls each with every step of a recorded race, from a log file, a folder of CSV or a zip file of it, and note with what is suspect.
func Recorded(path string, each func(Step) error, note func(string)) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return cli.BadInput("%s: no such file or folder: expected a log file, a folder of CSV, or a zip file of it", path)
	case err != nil:
		return cli.BadInput("%w", err)
	case info.IsDir() || isZip(path):
		r, err := readFolder(path)
		if err != nil {
			return err
		}
		for _, n := range r.Notes {
			note(n)
		}
		for i := range r.Records {
			if err := each(Step{record: &r.Records[i]}); err != nil {
				return err
			}
		}
		return nil
	}
	return recordedLog(path, each, note)
}

// Steps returns all steps of a recorded race; note is called with what is suspect.
func Steps(path string, note func(string)) (steps []Step, err error) {
	err = Recorded(path, func(s Step) error { steps = append(steps, s); return nil }, note)
	return steps, err
}

// errEnough ends the reading of a recorded race before its end.
var errEnough = errors.New("enough")

// RecordedRecords are the records of a recorded race.
func RecordedRecords(path string, note func(string)) iter.Seq2[*race.Record, error] {
	return func(yield func(*race.Record, error) bool) {
		err := Recorded(path, func(s Step) error {
			if s.record != nil && !yield(s.record, nil) {
				return errEnough
			}
			return nil
		}, note)
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

// isZip reports whether a file begins like a zip file.
func isZip(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // only read
	var begin [4]byte
	_, err = io.ReadFull(f, begin[:])
	return err == nil && string(begin[:]) == "PK\x03\x04"
}

var notInID = regexp.MustCompile(`[^a-z0-9]+`)

// IDOf is the id of the race in a file or folder, made of its name.
func IDOf(path string) race.ID {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	id := strings.Trim(notInID.ReplaceAllString(strings.TrimSuffix(strings.ToLower(filepath.Base(abs)), ".zip"), "-"), "-")
	if id == "" {
		id = "race"
	}
	return race.ID(id)
}

// readFolder reads the race in a folder of CSV or in a zip file of it. Faults name the path.
func readFolder(path string) (*folder.Race, error) {
	dir, end, err := openFolder(path)
	if err != nil {
		return nil, inFolder(path, err)
	}
	defer end()
	r, err := folder.Read(dir, IDOf(path))
	return r, inFolder(path, err)
}

func openFolder(path string) (dir fs.FS, end func(), err error) {
	if !isZip(path) {
		return os.DirFS(path), func() {}, nil
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, nil, cli.BadInput("%s: the zip file cannot be read: %w", path, err)
	}
	if dir, err = folder.Zip(&z.Reader); err != nil {
		return nil, nil, errors.Join(err, z.Close())
	}
	return dir, func() { _ = z.Close() }, nil // it was only read
}

// FolderFaults are the faults of a folder; nil for any other error.
func FolderFaults(err error) folder.Faults {
	var faults folder.Faults
	var wrong *folder.Error
	if !errors.As(err, &faults) && errors.As(err, &wrong) {
		faults = folder.Faults{wrong}
	}
	return faults
}

func inFolder(path string, err error) error {
	faults := FolderFaults(err)
	if len(faults) == 0 {
		if err != nil && !errors.Is(err, cli.ErrBadInput) {
			return fmt.Errorf("%s: %w", path, err)
		}
		return err
	}
	named := make(folder.Faults, len(faults))
	for i, f := range faults {
		named[i] = &folder.Error{File: filepath.Join(path, f.File), Line: f.Line, Message: f.Message}
	}
	return cli.BadInput("%w", named)
}

func recordedLog(path string, each func(Step) error, note func(string)) error {
	f, err := os.Open(path)
	if err != nil {
		return cli.BadInput("%w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	log, err := transport.NewLogReader(f)
	if err != nil {
		return cli.BadInput("%s: %w", path, err)
	}
	next := race.Seq(1)
	for {
		m, err := log.Next()
		switch {
		case errors.Is(err, io.EOF) && next > 1:
			return nil
		case errors.Is(err, io.EOF):
			return cli.BadInput("%s: the log holds no record", path)
		case errors.Is(err, transport.ErrCut):
			note(fmt.Sprintf("%s: %v: the race is read up to there", path, err))
			return nil
		case err != nil:
			return cli.BadInput("%s: %w", path, err)
		}
		s := Step{}
		switch m := m.(type) {
		case *race.Record:
			if m.Seq != next {
				return cli.BadInput("%s: record %d where %d was expected", path, m.Seq, next)
			}
			next++
			s.record = m
		case *race.Frame:
			s.frame = m
		case []race.Sample: // samples are not timed
			continue
		default:
			return cli.BadInput("%s: a %T has no place in a log", path, m)
		}
		if err := each(s); err != nil {
			return err
		}
	}
}
