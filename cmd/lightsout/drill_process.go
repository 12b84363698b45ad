package main

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

	"github.com/spf13/cobra"

	"lightsout/cmd/internal/cli"
	"lightsout/race"
)

// processVerdict is what killing the whole server has shown.
type processVerdict struct {
	Race   race.Order `json:"race"`
	Kills  int        `json:"kills"`
	Passed bool       `json:"passed"`
	// StartsMS are how long the server took from its start until it answered, each time.
	StartsMS  []int64 `json:"starts_ms"`
	StateHash string  `json:"state_hash"`
	Undriven  string  `json:"state_hash_undisturbed"`
}

// drillProcess runs a race in a server of its own and kills that with SIGKILL, again and again.
func drillProcess(cmd *cobra.Command, f drillFlags) (err error) {
	ctx, order := cmd.Context(), f.processOrder()
	if f.kills < 1 || f.kills > 1000 {
		return cli.BadInput("--kills is %d: allowed are 1 to 1000", f.kills)
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "the race undisturbed")
	undisturbed, err := drillRun(ctx, order, nil, drillBounds{patience: drillPatience})
	if err != nil {
		return cli.AsBadInput(err)
	}
	dir, err := os.MkdirTemp("", "lightsout-drill-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	s := &childServer{db: filepath.Join(dir, "drill.db"), status: cmd.ErrOrStderr()}
	defer s.kill(syscall.SIGTERM)
	v := processVerdict{Race: order, Undriven: undisturbed.Result.StateHash}
	if err := s.start(ctx, &v); err != nil {
		return err
	}
	// As fast as possible it would be over before the second kill: it is to last two seconds a kill.
	seconds := float64(len(undisturbed.Records)) // at least one tick a record; only a scale
	if n := len(undisturbed.Records); n > 0 {
		seconds = float64(undisturbed.Records[n-1].Time) / float64(race.Second)
	}
	order.Speed = max(1, seconds/(2*float64(f.kills)))
	id, err := s.order(ctx, order)
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(f.seed, 1))
	for v.Kills < f.kills {
		if err := sleep(ctx, time.Duration(200+rng.IntN(1500))*time.Millisecond); err != nil {
			return err
		}
		s.kill(syscall.SIGKILL)
		v.Kills++
		fmt.Fprintf(cmd.ErrOrStderr(), "killed, %d of %d\n", v.Kills, f.kills)
		if err := s.start(ctx, &v); err != nil {
			return err
		}
	}
	if v.StateHash, err = s.result(ctx, id); err != nil {
		return err
	}
	v.Passed = v.StateHash == v.Undriven
	if f.asJSON {
		err = cli.WriteJSON(cmd.OutOrStdout(), v)
	} else {
		fmt.Fprintf(cmd.OutOrStdout(), "%d kills of the server; it answered again after %v ms\nstate %s, undisturbed %s\n%s\n", v.Kills,
			v.StartsMS[1:], v.StateHash[:16], v.Undriven[:16], map[bool]string{true: "PASSED: identical", false: "FAILED: different"}[v.Passed])
	}
	if err == nil && !v.Passed {
		err = errDrillFailed
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// childServer is this program as a server, in a process of its own.
type childServer struct {
	db, url string
	cmd     *exec.Cmd
	status  io.Writer
}

func (s *childServer) start(ctx context.Context, v *processVerdict) error {
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

// result waits for the end of the race.
func (s *childServer) result(ctx context.Context, id string) (string, error) {
	for {
		var c struct {
			Final     bool
			StateHash string `json:"state_hash"`
		}
		if err := s.ask(ctx, http.MethodGet, "/api/v1/races/"+id+"/classification", nil, &c); err != nil {
			return "", err
		}
		if c.Final {
			return c.StateHash, nil
		}
		if err := sleep(ctx, 200*time.Millisecond); err != nil {
			return "", err
		}
	}
}

// processOrder is the race of a process drill; what is not given has a default.
func (f drillFlags) processOrder() race.Order {
	o := race.Order{Circuit: "harbour", Cars: 20, Laps: 10, Seed: 7, TickHz: 10}
	if f.circuit != "" {
		o.Circuit = f.circuit
	}
	if f.cars > 0 {
		o.Cars = f.cars
	}
	if f.laps > 0 {
		o.Laps = f.laps
	}
	if f.seed != 0 {
		o.Seed = f.seed
	}
	return o
}
