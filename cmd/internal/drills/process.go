package drills

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/archive"
	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// ProcessVerdict is the result of killing the server process.
type ProcessVerdict struct {
	Race   race.Order `json:"race"`
	Kills  int        `json:"kills"`
	Passed bool       `json:"passed"`
	// StartsMS is how long each start took until the server answered.
	StartsMS    []int64 `json:"starts_ms"`
	StateHash   string  `json:"state_hash"`
	Undisturbed string  `json:"state_hash_undisturbed"`
	// Broken are the promises that were broken.
	Broken []string `json:"broken"`
	drill.Comparison
}

// Process runs a race in a child server and kills it with SIGKILL kills times, at moments that follow from the seed.
func Process(ctx context.Context, order race.Order, kills int, seed uint64, patience time.Duration, status io.Writer) (_ *ProcessVerdict, err error) {
	fmt.Fprintln(status, "the race undisturbed")
	start, err := StartOf(order, "")
	if err != nil {
		return nil, err
	}
	undisturbed, err := Run(ctx, start, Bounds{Patience: patience})
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "lightsout-drill-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	s := &childServer{db: filepath.Join(dir, "drill.db"), status: status}
	defer s.kill(syscall.SIGTERM)
	v := &ProcessVerdict{Race: order, Undisturbed: undisturbed.Result.StateHash}
	if err := s.start(ctx, v); err != nil {
		return nil, err
	}
	order.Speed = speedFor(undisturbed.Records, kills)
	id, err := s.order(ctx, order)
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	for v.Kills < kills {
		if err := sleep(ctx, time.Duration(200+rng.IntN(1500))*time.Millisecond); err != nil {
			return nil, err
		}
		s.kill(syscall.SIGKILL)
		v.Kills++
		fmt.Fprintf(status, "killed, %d of %d\n", v.Kills, kills)
		if err := s.start(ctx, v); err != nil {
			return nil, err
		}
	}
	stood := false
	if v.StateHash, stood, err = s.result(ctx, id, patience); err != nil {
		return nil, err
	}
	s.kill(syscall.SIGTERM)
	if err := v.judge(ctx, s.db, race.ID(id), undisturbed); err != nil {
		return nil, err
	}
	if stood {
		v.Passed, v.Broken = false, append([]string{fmt.Sprintf("the race did not come to its end: it stood still for %v", patience)}, v.Broken...)
	}
	return v, nil
}

// judge compares what the server left in its file with the undisturbed race.
func (v *ProcessVerdict) judge(ctx context.Context, file string, id race.ID, undisturbed *drill.Run) error {
	store, err := sqlite.OpenForReading(file, transport.Codec{})
	if err != nil {
		return fmt.Errorf("open what the server has left: %w", err)
	}
	defer store.Close() //nolint:errcheck // it was only read
	run := &drill.Run{}
	if run.Records, err = archive.AllRecords(ctx, store, id); err != nil {
		return err
	}
	if run.Result, err = store.Classification(ctx, id); err != nil {
		return fmt.Errorf("read the result back: %w", err)
	}
	summary, err := store.Summary(ctx, id)
	if err != nil {
		return fmt.Errorf("read the race back: %w", err)
	}
	if run.Answers, err = drill.Ask(ctx, store, &summary.Race); err != nil {
		return err
	}
	v.Comparison = drill.Compare(undisturbed.Reference.Announced(run.Records), run) // its id and its speed are others
	v.Broken = append([]string{}, v.Differences()...)
	v.Passed = len(v.Broken) == 0
	return nil
}

// speedFor is the speed at which a race lasts two seconds per kill: at full speed it would end before the second one.
func speedFor(undisturbed []race.Record, kills int) float64 {
	if len(undisturbed) == 0 {
		return 1
	}
	seconds := float64(undisturbed[len(undisturbed)-1].Time) / float64(race.Second)
	return max(1, seconds/(2*float64(kills)))
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// childServer is this program as a server in a child process.
type childServer struct {
	db, url string
	cmd     *exec.Cmd
	status  io.Writer
}

func (s *childServer) start(ctx context.Context, v *ProcessVerdict) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	addr := strings.TrimPrefix(s.url, "http://")
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	began := time.Now()
	s.cmd = exec.CommandContext(ctx, self, "serve", "--addr", addr, "--db", s.db, "--log-level", "error")
	said, err := s.cmd.StderrPipe()
	if err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "Lights Out is on "); ok {
			s.url = url
			v.StartsMS = append(v.StartsMS, time.Since(began).Milliseconds())
			go io.Copy(s.status, said) //nolint:errcheck // only shown
			return nil
		}
	}
	return errors.New("the server ended before it listened")
}

func (s *childServer) kill(how syscall.Signal) {
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Signal(how)
		_ = s.cmd.Wait() // it was killed
		s.cmd = nil
	}
}

func (s *childServer) ask(ctx context.Context, method, path string, body, into any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("make a request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("make a request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // only read
	if res.StatusCode > 299 {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 500)) // for people
		return fmt.Errorf("the server answered %s: %s", res.Status, text)
	}
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

func (s *childServer) order(ctx context.Context, o race.Order) (string, error) {
	var made struct{ ID string }
	err := s.ask(ctx, http.MethodPost, "/api/v1/races", map[string]any{
		"circuit": o.Circuit, "cars": o.Cars, "laps": o.Laps, "seed": o.Seed, "speed": o.Speed,
	}, &made)
	return made.ID, err
}

// result waits for the end of the race. stood says that it has stood still for longer than anybody waits.
func (s *childServer) result(ctx context.Context, id string, patience time.Duration) (hash string, stood bool, err error) {
	seen, since := "", time.Now()
	for {
		var c struct {
			Final     bool
			StateHash string `json:"state_hash"`
		}
		if err := s.ask(ctx, http.MethodGet, "/api/v1/races/"+id+"/classification", nil, &c); err != nil {
			return "", false, err
		}
		if c.StateHash != seen {
			seen, since = c.StateHash, time.Now()
		}
		if c.Final || time.Since(since) > patience {
			return c.StateHash, !c.Final, nil
		}
		if err := sleep(ctx, 200*time.Millisecond); err != nil {
			return "", false, err
		}
	}
}
