package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"lightsout/actors/engine"
	"lightsout/actors/processor"
	"lightsout/actors/simulator"
	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/race/drive"
	"lightsout/storage/memory"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// RaceSpec is a whole race to measure, as fast as it can be run.
type RaceSpec struct {
	Circuit string
	Cars    int
	Laps    int
	// Log keeps the race: journal, rulebook, every sample, in an SQLite file. Without it batches are dropped, and the actors run alone.
	Log bool
}

// RaceRun is what one race cost.
type RaceRun struct {
	// RaceSeconds is the race time, TookSeconds how long it took: from the grid until the flag has fallen for the last car and the file is closed.
	RaceSeconds float64 `json:"race_seconds"`
	TookSeconds float64 `json:"took_seconds"`
	// PeakBytes is the most memory that the process had, as the kernel counts it; 0 if the system does not tell.
	PeakBytes int64 `json:"peak_bytes"`
	DiskBytes int64 `json:"disk_bytes"`
	// CPUSeconds are those of the whole process. Where the machine has other work, they tell more than TookSeconds.
	CPUSeconds float64 `json:"cpu_seconds"`
}

func (r *RaceRun) realTime() float64 { return r.RaceSeconds / r.TookSeconds }

// String is what a race cost, for the progress.
func (r *RaceRun) String() string {
	return fmt.Sprintf("%s × real time, %s s of CPU, %s MB", digits(r.realTime()), digits(r.CPUSeconds), megabytes(float64(r.PeakBytes)))
}

// Race runs one race in this process. The process should have done nothing else, for its peak of memory is the race's.
func Race(ctx context.Context, spec RaceSpec) (_ *RaceRun, err error) {
	c, err := cli.OpenCircuit(spec.Circuit)
	if err != nil {
		return nil, err
	}
	info, model, err := drive.NewRace(race.Order{Circuit: c.Key, Cars: spec.Cars, Laps: spec.Laps, Seed: 7, TickHz: 10}, "bench", c)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "lightsout-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	var journal closingJournal = nullJournal{memory.New()}
	path := filepath.Join(dir, "bench.db")
	if spec.Log {
		if journal, err = sqlite.Open(path, transport.Codec{}, slog.New(slog.DiscardHandler)); err != nil {
			return nil, fmt.Errorf("open the log: %w", err)
		}
	}
	began := time.Now()
	last, err := runRace(ctx, journal, simulator.StartRace{Info: info, Model: model, Start: true})
	if err := errors.Join(err, journal.Close()); err != nil {
		return nil, err
	}
	run := &RaceRun{RaceSeconds: float64(last) / float64(race.Second), TookSeconds: time.Since(began).Seconds(), PeakBytes: peakBytes()}
	if spec.Log {
		stat, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("measure the file: %w", err)
		}
		run.DiskBytes = stat.Size()
	}
	return run, nil
}

type closingJournal interface {
	processor.Journal
	Close() error
}

// runRace runs a race until all of it is durable, and returns its race time.
func runRace(ctx context.Context, journal processor.Journal, msg simulator.StartRace) (race.Micros, error) {
	w := &raceWatcher{Watcher: engine.NewWatcher(), ended: make(chan error, 1)}
	e, err := engine.New(engine.Config{Journal: journal, Spectators: w, Observer: w, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return 0, err
	}
	if err = e.Start(msg); err == nil || errors.Is(err, race.ErrUnderway) { // announcing a large field may take longer than an answer is waited for
		select {
		case err = <-w.ended:
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	return w.Progress().Now, errors.Join(err, e.Stop(ctx))
}

// raceWatcher waits until all of a race is durable. A race whose batches are dropped has no result that could be waited for.
type raceWatcher struct {
	*engine.Watcher
	once  sync.Once
	ended chan error
}

// RaceOver is part of simulator.Observer.
func (w *raceWatcher) RaceOver(race.ID) { w.once.Do(func() { w.ended <- nil }) }

// RaceFailed is part of simulator.Observer.
func (w *raceWatcher) RaceFailed(_ race.ID, reason string) {
	w.once.Do(func() { w.ended <- errors.New("the race failed: " + reason) })
}

// peakBytes is the most memory that this process has had; 0 if the system does not tell.
func peakBytes() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	line, _, _ := strings.Cut(after, "\n")
	kB, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(line), " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return kB << 10
}
