package drills

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/transport"
)

// The files that a drill leaves.
const (
	manifestFile    = "manifest.json"
	strikesFile     = "strikes.jsonl"
	undisturbedFile = "undisturbed.lolog"
	drilledFile     = "drilled.lolog"
	verdictFile     = "verdict.json"
	timelineFile    = "timeline.html"
)

// leavings is what a drill leaves in a folder.
type leavings struct {
	began   time.Time
	traces  [2]*drill.Trace // undisturbed, drilled
	logs    [2][]race.Record
	info    *race.Race
	verdict *drill.Verdict
	strikes []drill.Struck
	clock   time.Time // when the race under faults began
}

// of makes a new trace of a race; nil if nothing is left.
func (l *leavings) of(faults bool) *drill.Trace {
	if l == nil {
		return nil
	}
	t := &drill.Trace{}
	if faults {
		l.traces[1] = t
	} else {
		l.traces[0] = t
	}
	return t
}

// drillManifest says how a drill was made.
type drillManifest struct {
	Version  string          `json:"version"`
	Began    time.Time       `json:"began"`
	Seconds  float64         `json:"seconds"`
	Seed     uint64          `json:"seed"` // of the faults
	Passed   bool            `json:"passed"`
	Machine  machine         `json:"machine"`
	Scenario *drill.Scenario `json:"scenario"`
	// Files are the others of the folder, and what they hold.
	Files map[string]string `json:"files"`
}

type machine struct {
	OS   string `json:"os"`
	Arch string `json:"arch"`
	CPUs int    `json:"cpus"`
	Go   string `json:"go"`
}

// strikeLine is a strike with the date at which it was made.
type strikeLine struct {
	drill.Struck
	Date time.Time `json:"date"`
}

// MayLeave makes a folder for what a drill leaves. It refuses one that holds something else.
func MayLeave(dir string) error {
	files, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return cli.BadInput("--out: %w: expected a folder", err)
	case len(files) > 0:
		if _, err := os.Stat(filepath.Join(dir, manifestFile)); err != nil {
			return cli.BadInput("--out: %s holds other files: allowed is a new or empty folder, or one that a drill has left", dir)
		}
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return cli.BadInput("--out: %w", err)
	}
	return cli.MayWrite(filepath.Join(dir, manifestFile))
}

// leftFile is a file of the folder.
type leftFile struct {
	name  string
	write func(io.Writer) error
}

// write writes the folder, the manifest last.
func (l *leavings) write(dir, version string) error {
	for _, f := range l.files(version) {
		if err := cli.WriteFile(filepath.Join(dir, f.name), f.write); err != nil {
			return fmt.Errorf("write %s: %w", f.name, err)
		}
	}
	return nil
}

// writeZip writes the folder as a zip file.
func writeZip(w io.Writer, files []leftFile) error {
	z := zip.NewWriter(w)
	for _, f := range files {
		one, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: time.Now().UTC()})
		if err == nil {
			err = f.write(one)
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", f.name, err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("end the zip file: %w", err)
	}
	return nil
}

// files are those of the folder, the manifest last.
func (l *leavings) files(version string) []leftFile {
	v := l.verdict
	m := newManifest(v.Scenario, l.began, version)
	m.Seconds, m.Passed = time.Since(l.began).Seconds(), v.Passed
	m.Files = map[string]string{
		strikesFile: "the strikes in the order of the race", verdictFile: "the verdict; drill --replay makes its strikes again",
		timelineFile: "the timeline of both races",
	}
	files := []leftFile{
		{strikesFile, func(w io.Writer) error { return writeStrikes(w, l.strikes, l.clock) }}, {verdictFile, asJSON(v)}, {timelineFile, l.writeTimeline},
	}
	if l.logs[0] != nil {
		m.Files[undisturbedFile], m.Files[drilledFile] = "the log of the undisturbed race", "the log of the race under faults"
		files = append(files, leftFile{undisturbedFile, logOf(l.logs[0])}, leftFile{drilledFile, logOf(l.logs[1])})
	}
	return append(files, leftFile{manifestFile, asJSON(m)})
}

func newManifest(s *drill.Scenario, began time.Time, version string) drillManifest {
	return drillManifest{
		Version: version, Began: began.UTC(), Seed: s.Seed, Scenario: s, Machine: machine{runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version()},
	}
}

func asJSON(value any) func(io.Writer) error {
	return func(w io.Writer) error { return cli.WriteJSON(w, value) }
}

func writeStrikes(w io.Writer, strikes []drill.Struck, clock time.Time) error {
	lines := json.NewEncoder(w)
	for _, s := range strikes {
		if err := lines.Encode(strikeLine{s, clock.Add(time.Duration(s.ClockUS) * time.Microsecond).UTC()}); err != nil {
			return fmt.Errorf("write a strike: %w", err)
		}
	}
	return nil
}

// logOf writes the records of a race.
func logOf(records []race.Record) func(io.Writer) error {
	return func(w io.Writer) error {
		log := transport.NewLogWriter(w)
		for i := range records {
			if err := log.Record(&records[i]); err != nil {
				return fmt.Errorf("write a record: %w", err)
			}
		}
		if err := log.Close(); err != nil {
			return fmt.Errorf("end the log: %w", err)
		}
		return nil
	}
}
