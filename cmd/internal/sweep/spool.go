package sweep

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/gofrs/flock"

	"lightsout/cmd/internal/cli"
)

// Endings of files beside a data set.
const (
	partialEnding  = ".partial"  // the rows so far, as CSV; it may be read while the sweep runs
	progressEnding = ".progress" // how long the partial files were after each race
	// SummaryEnding is the statistics' as JSON.
	SummaryEnding = ".summary.json"
)

// spool keeps the rows of the races so far, so that an interrupted sweep goes on. A race counts once its line is in the progress file.
type spool struct {
	sinks    []*sink
	progress *os.File
	lock     *flock.Flock
	done     int // races
}

// sink is a table and where it goes.
type sink struct {
	*table
	path string // of the data set
	f    *os.File
	size int64
}

// openSpool begins a spool, or goes on with one of the same plan.
func openSpool(sinks []*sink, plan string) (_ *spool, err error) {
	s := &spool{sinks: sinks}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	name := sinks[0].path + progressEnding
	if s.progress, err = os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o666); err != nil {
		return nil, cli.BadInput("%w", err)
	}
	s.lock = flock.New(name, flock.SetFlag(os.O_RDWR))
	if locked, err := s.lock.TryLock(); err != nil || !locked {
		return nil, cli.BadInput("%s: another process runs this sweep", name)
	}
	for _, k := range sinks {
		if k.f, err = os.OpenFile(k.path+partialEnding, os.O_CREATE|os.O_RDWR, 0o666); err != nil {
			return nil, cli.BadInput("%w", err)
		}
	}
	offsets, keep, err := s.read(plan)
	if err != nil {
		return nil, err
	}
	return s, s.begin(plan, offsets, keep)
}

// read reads how far an earlier process came: how long each file was then, and the length of the progress that is good.
func (s *spool) read(plan string) (offsets []int64, keep int64, err error) {
	data, err := io.ReadAll(s.progress)
	if err != nil {
		return nil, 0, fmt.Errorf("read the progress: %w", err)
	}
	head, rest, whole := bytes.Cut(data, []byte("\n"))
	if !whole {
		return nil, 0, nil
	}
	if string(head) != plan {
		return nil, 0, cli.BadInput("%s is of another sweep or another version of the program: finish that, delete the file, or choose another --out", s.progress.Name())
	}
	keep = int64(len(head)) + 1
	for {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		at, fits := s.fits(string(line))
		if !whole || !fits {
			return offsets, keep, nil
		}
		offsets, rest = at, after
		keep += int64(len(line)) + 1
		s.done++
	}
}

// fits reads a line of the progress: whether the files have what it promises.
func (s *spool) fits(line string) ([]int64, bool) {
	words := strings.Fields(line)
	if len(words) != len(s.sinks) {
		return nil, false
	}
	offsets := make([]int64, len(words))
	for i, w := range words {
		if _, err := fmt.Sscan(w, &offsets[i]); err != nil {
			return nil, false
		}
		if info, err := s.sinks[i].f.Stat(); err != nil || info.Size() < offsets[i] {
			return nil, false
		}
	}
	return offsets, true
}

// begin cuts the files to what is good and writes what is missing at their beginning.
func (s *spool) begin(plan string, offsets []int64, keep int64) error {
	for i, k := range s.sinks {
		if offsets != nil {
			k.size = offsets[i]
		}
		if err := cut(k.f, k.size); err != nil {
			return err
		}
		if k.size > 0 {
			continue
		}
		var b bytes.Buffer
		if err := k.header(&b); err != nil {
			return err
		}
		if err := k.write(b.Bytes()); err != nil {
			return err
		}
	}
	if s.done == 0 {
		keep = 0
	}
	if err := cut(s.progress, keep); err != nil {
		return err
	}
	if keep > 0 {
		return nil
	}
	return s.note(plan)
}

func cut(f *os.File, size int64) error {
	if err := f.Truncate(size); err != nil {
		return fmt.Errorf("go on in %s: %w", f.Name(), err)
	}
	if _, err := f.Seek(size, io.SeekStart); err != nil {
		return fmt.Errorf("go on in %s: %w", f.Name(), err)
	}
	return nil
}

func (k *sink) write(data []byte) error {
	n, err := k.f.Write(data)
	if k.size += int64(n); err != nil {
		return fmt.Errorf("write %s: %w", k.f.Name(), err)
	}
	return nil
}

func (s *spool) note(line string) error {
	if _, err := s.progress.WriteString(line + "\n"); err != nil {
		return fmt.Errorf("write the progress: %w", err)
	}
	return nil
}

// add appends the rows of the next race, one text for each table.
func (s *spool) add(rows [][]byte) error {
	offsets := make([]string, len(rows))
	for i, k := range s.sinks {
		if err := k.write(rows[i]); err != nil {
			return err
		}
		offsets[i] = fmt.Sprint(k.size)
	}
	s.done++
	return s.note(strings.Join(offsets, " "))
}

// rows reads the rows of a table so far.
func (k *sink) rows(each func(cells []string) error) error {
	if _, err := k.f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read %s: %w", k.f.Name(), err)
	}
	return k.read(bufio.NewReaderSize(k.f, 1<<16), each)
}

// finish gives a complete table its name, as CSV or Parquet.
func (k *sink) finish() error {
	if strings.HasSuffix(k.path, ".parquet") {
		if _, err := k.f.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("read %s: %w", k.f.Name(), err)
		}
		return cli.WriteFile(k.path, func(w io.Writer) error { return k.parquet(w, bufio.NewReaderSize(k.f, 1<<16)) })
	}
	if err := k.f.Sync(); err != nil {
		return fmt.Errorf("write %s: %w", k.f.Name(), err)
	}
	if err := os.Rename(k.f.Name(), k.path); err != nil {
		return fmt.Errorf("name %s: %w", k.path, err)
	}
	return nil
}

// remove deletes what only an interrupted sweep needs.
func (s *spool) remove() error {
	var errs []error
	for _, k := range s.sinks {
		errs = append(errs, os.Remove(k.path+partialEnding))
	}
	errs = append(errs, os.Remove(s.progress.Name()))
	for i, err := range errs {
		if errors.Is(err, fs.ErrNotExist) {
			errs[i] = nil
		}
	}
	return errors.Join(errs...)
}

func (s *spool) close() error {
	var errs []error
	for _, k := range s.sinks {
		if k.f != nil {
			errs = append(errs, k.f.Close())
		}
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	if s.progress != nil {
		errs = append(errs, s.progress.Close())
	}
	return errors.Join(errs...)
}
