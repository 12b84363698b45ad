package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"lightsout/race"
	"lightsout/storage/folder"
	"lightsout/transport"
)

// step is a record of a recorded race, or the frame that lies between two records.
type step struct {
	record *race.Record
	frame  *race.Frame
}

// recorded calls each with a recorded race, in order, from a log file or a folder of CSV; note with what is suspect.
func recorded(path string, each func(step) error, note func(string)) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return badInput("%s: no such file or folder: expected a log file or a folder of CSV", path)
	case err != nil:
		return badInput("%w", err)
	case info.IsDir():
		return recordedFolder(path, each, note)
	}
	return recordedLog(path, each, note)
}

var notInID = regexp.MustCompile(`[^a-z0-9]+`)

func idOf(path string) race.ID {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	id := strings.Trim(notInID.ReplaceAllString(strings.ToLower(filepath.Base(abs)), "-"), "-")
	if id == "" {
		id = "race"
	}
	return race.ID(id)
}

func recordedFolder(path string, each func(step) error, note func(string)) error {
	r, err := folder.Read(os.DirFS(path), idOf(path))
	if err != nil {
		var faults folder.Faults
		var wrong *folder.Error
		switch {
		case errors.As(err, &faults):
		case errors.As(err, &wrong):
			faults = folder.Faults{wrong}
		default:
			return fmt.Errorf("%s: %w", path, err)
		}
		named := make(folder.Faults, len(faults))
		for i, f := range faults {
			named[i] = &folder.Error{File: filepath.Join(path, f.File), Line: f.Line, Message: f.Message}
		}
		return badInput("%w", named)
	}
	for _, n := range r.Notes {
		note(n)
	}
	for i := range r.Records {
		if err := each(step{record: &r.Records[i]}); err != nil {
			return err
		}
	}
	return nil
}

func recordedLog(path string, each func(step) error, note func(string)) error {
	f, err := os.Open(path)
	if err != nil {
		return badInput("%w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	log, err := transport.NewLogReader(f)
	if err != nil {
		return badInput("%s: %w", path, err)
	}
	next := race.Seq(1)
	for {
		m, err := log.Next()
		switch {
		case errors.Is(err, io.EOF) && next > 1:
			return nil
		case errors.Is(err, io.EOF):
			return badInput("%s: the log holds no record", path)
		case errors.Is(err, transport.ErrCut):
			note(fmt.Sprintf("%s: %v: the race is read up to there", path, err))
			return nil
		case err != nil:
			return badInput("%s: %w", path, err)
		}
		s := step{}
		switch m := m.(type) {
		case *race.Record:
			if m.Seq != next {
				return badInput("%s: record %d where %d was expected", path, m.Seq, next)
			}
			next++
			s.record = m
		case *race.Frame:
			s.frame = m
		case []race.Sample: // nothing is timed by them
			continue
		default:
			return badInput("%s: a %T has no place in a log", path, m)
		}
		if err := each(s); err != nil {
			return err
		}
	}
}
