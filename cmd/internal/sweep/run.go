package sweep

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/manifest"
	"lightsout/cmd/internal/racefile"
	"lightsout/cmd/internal/simulation"
	"lightsout/race/batch"
	"lightsout/race/circuit"
	"lightsout/race/drive"
)

// Options of a run.
type Options struct {
	Plan *Plan
	// Sweep is what the plan was read from.
	Sweep racefile.Tree
	// Jobs is how many races run at once; a race takes one core.
	Jobs int
	// Out is the data set of results, Laps that of laps: CSV or Parquet by the ending; empty means none.
	Out, Laps string
	// Circuit is that of the race file; nil means that its circuit is opened.
	Circuit *circuit.Circuit
	Version string
	// Progress is called with the number of races that are done; it may be nil.
	Progress func(done, total int64)
}

// gcPercent lets memory grow to a few times what is in use: a race leaves little behind, and collecting it often costs a fifth of the time.
const gcPercent = 400

// Run runs the races that are missing and returns the statistics of all.
func Run(ctx context.Context, o Options, status io.Writer) (_ *Summary, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	r := &runner{Options: o, circuits: map[string]*circuit.Circuit{}, keep: o.Out != ""}
	if err := r.describe(); err != nil {
		return nil, err
	}
	if kept := r.kept(); kept != nil {
		fmt.Fprintf(status, "the sweep is already there in %s: nothing was simulated\n", o.Out)
		return kept, nil
	}
	if r.Out == "" {
		dir, err := os.MkdirTemp("", "lightsout-sweep-")
		if err != nil {
			return nil, fmt.Errorf("make a folder: %w", err)
		}
		defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
		r.Out = filepath.Join(dir, "results.csv")
	}
	sinks := []*sink{{table: o.Plan.results(), path: r.Out}}
	if o.Laps != "" {
		sinks = append(sinks, &sink{table: o.Plan.laps(), path: o.Laps})
	}
	if r.spool, err = openSpool(sinks, r.hash); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.spool.close()) }()
	if r.spool.done > 0 {
		fmt.Fprintf(status, "the sweep goes on after %d of %d races\n", r.spool.done, o.Plan.Len())
	}
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	if err := r.races(ctx); err != nil {
		return nil, err
	}
	return r.finish()
}

func (o *Options) check() error {
	for flag, path := range map[string]string{"--out": o.Out, "--laps-out": o.Laps} {
		if ext := strings.ToLower(filepath.Ext(path)); path != "" && ext != ".csv" && ext != ".parquet" {
			return cli.BadInput("%s is %s: allowed are names that end in .csv or .parquet", flag, path)
		}
	}
	if o.Laps != "" && (o.Out == "" || cli.SameFile(o.Out, o.Laps)) {
		return cli.BadInput("--laps-out wants --out as well, with another name")
	}
	if o.Jobs < 1 || o.Jobs > 1024 {
		return cli.BadInput("--jobs is %d: allowed is 1 to 1024", o.Jobs)
	}
	for _, path := range []string{o.Out, o.Laps} {
		if path != "" {
			if err := cli.MayWrite(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// runner runs a plan.
type runner struct {
	Options
	keep     bool // the data set, also of an interrupted run
	spool    *spool
	manifest *manifest.Manifest
	hash     string // of what the rows follow from

	mu       sync.Mutex
	circuits map[string]*circuit.Circuit // by what orders call them
}

// describe makes the manifest.
func (r *runner) describe() error {
	first, err := r.Plan.Item(0)
	if err != nil {
		return err
	}
	if r.Circuit != nil {
		r.circuits[first.Order.Circuit] = r.Circuit
	}
	c, err := r.circuit(first.Order.Circuit)
	if err != nil {
		return err
	}
	if r.manifest, err = manifest.New(r.Version, "", first.Order, c); err != nil {
		return err
	}
	m := r.manifest
	m.Command, m.Seed, m.Sweep = "lightsout sweep FILE", nil, r.Sweep
	text, err := json.Marshal(struct {
		Of   *manifest.Manifest
		Laps bool
	}{m, r.Laps != ""})
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	sum := sha256.Sum256(text)
	r.hash = hex.EncodeToString(sum[:])
	return nil
}

// kept are the statistics of a sweep that is complete already; nil if it is not, or of another plan.
func (r *runner) kept() *Summary {
	if r.Out == "" {
		return nil
	}
	data, err := os.ReadFile(r.Out + SummaryEnding)
	s := &Summary{}
	if err != nil || json.Unmarshal(data, s) != nil || s.Plan != r.hash {
		return nil
	}
	for _, path := range []string{r.Out, r.Laps} {
		if path == "" {
			continue
		}
		m, err := manifest.Read(path + manifest.Ending)
		if err != nil || m.Output == nil {
			return nil
		}
		if n, sum, err := manifest.Sum(path); err != nil || n != m.Output.Bytes || sum != m.Output.SHA256 {
			return nil
		}
	}
	return s
}

// circuit opens a circuit once.
func (r *runner) circuit(key string) (*circuit.Circuit, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.circuits[key]; c != nil {
		return c, nil
	}
	c, err := cli.OpenCircuit(key)
	if err == nil {
		r.circuits[key] = c
	}
	return c, err
}

// raced are the rows of a race, for each table.
type raced struct {
	i    int
	rows [][]byte
	err  error
}

// ahead is how many races of each job may be done while an earlier one is not.
const ahead = 8

// races runs the races that are missing. They are written in their order, whichever is done first.
func (r *runner) races(ctx context.Context) error {
	from, total := r.spool.done, r.Plan.Len()
	next := make(chan int)
	done := make(chan raced, r.Jobs)
	room := make(chan struct{}, r.Jobs*ahead)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // hands out the races in their order
		defer close(next)
		for i := from; i < total; i++ {
			select {
			case room <- struct{}{}:
			case <-ctx.Done():
				return
			}
			select {
			case next <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	var stop atomic.Bool
	defer context.AfterFunc(ctx, func() { stop.Store(true) })()
	var working sync.WaitGroup
	for range r.Jobs {
		working.Go(func() {
			for i := range next {
				rows, err := r.race(i, stop.Load)
				done <- raced{i, rows, err}
			}
		})
	}
	go func() { working.Wait(); close(done) }()
	return r.write(ctx, cancel, done, room)
}

// write writes what is done, in order. After an error it only waits for the workers.
func (r *runner) write(ctx context.Context, cancel func(), done <-chan raced, room <-chan struct{}) error {
	total := int64(r.Plan.Len())
	waiting := map[int]raced{}
	var failed error
	for one := range done {
		waiting[one.i] = one
		for failed == nil {
			now, is := waiting[r.spool.done]
			if !is {
				break
			}
			delete(waiting, now.i)
			<-room
			if failed = now.err; failed == nil {
				failed = r.spool.add(now.rows)
			}
			if failed != nil {
				cancel()
			} else if r.Progress != nil {
				r.Progress(int64(r.spool.done), total)
			}
		}
	}
	switch {
	case failed != nil && !errors.Is(failed, batch.ErrStopped):
		return failed
	case int64(r.spool.done) == total:
		return nil
	case r.keep:
		return fmt.Errorf("interrupted after %d of %d races: the same command goes on from there", r.spool.done, total)
	default:
		return fmt.Errorf("interrupted after %d of %d races: %w", r.spool.done, total, context.Cause(ctx))
	}
}

// race runs the i-th race and returns its rows.
func (r *runner) race(i int, stop func() bool) ([][]byte, error) {
	it, err := r.Plan.Item(i)
	if err != nil {
		return nil, err
	}
	c, err := r.circuit(it.Order.Circuit)
	if err != nil {
		return nil, err
	}
	id := simulation.IDOf(c.Key, it.Order)
	info, model, err := drive.NewRace(it.Order, id, c)
	if err != nil {
		return nil, cli.AsBadInput(fmt.Errorf("race %d: %w", i+1, err))
	}
	out, err := batch.Run(info, model, batch.Options{Laps: r.Laps != "", Stop: stop})
	if err != nil {
		return nil, fmt.Errorf("race %s: %w", id, err)
	}
	rows := make([][]byte, len(r.spool.sinks))
	for k, s := range r.spool.sinks {
		var b bytes.Buffer
		if err := s.encode(&b, &it, id, out); err != nil {
			return nil, err
		}
		rows[k] = b.Bytes()
	}
	return rows, nil
}

// finish makes the statistics and, if the data sets are kept, gives them their names and manifests.
func (r *runner) finish() (*Summary, error) {
	s, err := r.Plan.summarise(r.spool.sinks[0])
	if err != nil || !r.keep {
		return s, err
	}
	s.Plan = r.hash
	for _, k := range r.spool.sinks {
		if err := k.finish(); err != nil {
			return nil, err
		}
		m := *r.manifest
		if err := m.Write(k.name, k.path, k.path+manifest.Ending, true); err != nil {
			return nil, err
		}
	}
	err = cli.WriteFile(r.Out+SummaryEnding, func(w io.Writer) error { return cli.WriteJSON(w, s) })
	return s, errors.Join(err, r.spool.remove())
}
