package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Waits of the benchmark: for a process that starts or ends, and for an answer.
const (
	processWait = time.Minute
	answerWait  = 20 * time.Second
)

// fleet is the processes of a load.
type fleet struct {
	bench  *kafkaBench
	prefix string // of topics; empty: one process without Kafka
	dir    string
	all    []*process
}

// process is one of them.
type process struct {
	fleet *fleet
	role  string
	addr  string
	name  string
	cmd   *exec.Cmd
	ended chan error
}

// with starts processes in roles, calls work, and ends them.
func (b *kafkaBench) with(ctx context.Context, roles []string, work func(*fleet) error) (err error) {
	f := &fleet{bench: b}
	if f.dir, err = os.MkdirTemp("", "lightsout-bench-"); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(f.dir) //nolint:errcheck // a temporary folder
	prefix, remove, err := b.topics(ctx, 0)
	if err != nil {
		return err
	}
	f.prefix = prefix
	defer func() { err = errors.Join(err, f.close(), remove()) }()
	for _, role := range roles {
		if _, err := f.add(ctx, role); err != nil {
			return err
		}
	}
	for _, p := range f.all {
		if err := p.ready(ctx); err != nil {
			return err
		}
	}
	return work(f)
}

// add starts one more process; the role "alone" is one process without Kafka.
func (f *fleet) add(ctx context.Context, role string) (*process, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	p := &process{fleet: f, role: role, addr: addr, name: fmt.Sprintf("%s-%d", role, len(f.all)+1)}
	f.all = append(f.all, p)
	return p, p.start()
}

func (p *process) start() error {
	f := p.fleet
	args := []string{"serve", "--addr", p.addr, "--log-level", "error"}
	if p.role == "alone" || p.role == "gateway" {
		args = append(args, "--db", filepath.Join(f.dir, p.name+".db"), "--max-connections-each", "5000", "--max-spectators-each", "2000")
	}
	if p.role != "alone" {
		args = append(args, "--kafka", strings.Join(f.bench.cfg.Kafka.Brokers, ","), "--kafka-prefix", f.prefix, "--roles", p.role)
		args = append(args, f.bench.cfg.Args...)
	}
	p.cmd = exec.Command(f.bench.cfg.Program, args...) //nolint:noctx // it outlives the context, to be ended in order
	said := &bytes.Buffer{}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.Dir = io.Discard, said, f.dir
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	ended := make(chan error, 1)
	p.ended = ended
	go func() {
		err := p.cmd.Wait()
		if err != nil {
			err = fmt.Errorf("%s: %w: %.500s", p.name, err, said.String())
		}
		ended <- err
	}()
	return nil
}

func (p *process) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, processWait)
	defer cancel()
	for {
		err := p.ask(ctx, http.MethodGet, "/readyz", nil, nil)
		if err == nil {
			return nil
		}
		if sleep(ctx, 50*time.Millisecond) != nil {
			return fmt.Errorf("%s is not ready after %v: %w", p.name, processWait, err)
		}
	}
}

// end ends a process with a signal.
func (p *process) end(s syscall.Signal) error {
	if p.cmd == nil {
		return nil
	}
	_ = p.cmd.Process.Signal(s) // it may have ended, which its error says
	select {
	case err := <-p.ended:
		p.cmd = nil
		if s == syscall.SIGKILL {
			return nil
		}
		return err
	case <-time.After(processWait):
		_ = p.cmd.Process.Kill()
		return fmt.Errorf("%s did not end within %v", p.name, processWait)
	}
}

func (f *fleet) close() error {
	errs := make([]error, len(f.all))
	var ending sync.WaitGroup
	for i, p := range f.all {
		ending.Go(func() { errs[i] = p.end(syscall.SIGTERM) })
	}
	ending.Wait()
	return errors.Join(errs...)
}

// of is the first process of a role.
func (f *fleet) of(role string) *process {
	for _, p := range f.all {
		if p.role == role {
			return p
		}
	}
	return nil
}

// askClient has no limit of time: each request has its own.
var askClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}

// ask sends one request. into may be nil, a *string for the text of the answer, or what its JSON is read into.
func (p *process) ask(ctx context.Context, method, path string, body []byte, into any) error {
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+p.addr+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make a request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := askClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask %s: %w", p.name, err)
	}
	text, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return fmt.Errorf("read the answer of %s: %w", p.name, err)
	}
	if res.StatusCode > 299 || res.StatusCode == http.StatusAccepted {
		return fmt.Errorf("%s answered %s: %.300s", p.name, res.Status, text)
	}
	switch into := into.(type) {
	case nil:
		return nil
	case *string:
		*into = string(text)
		return nil
	default:
		if err := json.Unmarshal(text, into); err != nil {
			return fmt.Errorf("read the answer of %s: %w", p.name, err)
		}
		return nil
	}
}

// metric is the sum of a metric over its labels.
func (p *process) metric(ctx context.Context, name string) (sum float64, err error) {
	var text string
	if err := p.ask(ctx, http.MethodGet, "/metrics", nil, &text); err != nil {
		return 0, err
	}
	for line := range strings.Lines(text) {
		if rest, is := strings.CutPrefix(line, name); is && strings.ContainsAny(rest[:1], "{ ") {
			words := strings.Fields(line)
			if v, err := strconv.ParseFloat(words[len(words)-1], 64); err == nil {
				sum += v
			}
		}
	}
	return sum, nil
}

// clockHz is how many ticks of /proc/PID/stat are a second, on every Linux.
const clockHz = 100

// cpuOf is the CPU time of a process, 0 where there is no /proc.
func cpuOf(pid int) time.Duration {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, found := strings.Cut(string(data), ") ")
	words := strings.Fields(after)
	if err != nil || !found || len(words) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(words[11], 10, 64)
	system, _ := strconv.ParseInt(words[12], 10, 64)
	return time.Duration(user+system) * time.Second / clockHz
}

// memoryOf is the resident memory of a process in MB, 0 where there is no /proc.
func memoryOf(pid int) float64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, after, found := strings.Cut(string(data), "VmRSS:")
	words := strings.Fields(after)
	if err != nil || !found || len(words) == 0 {
		return 0
	}
	kb, _ := strconv.ParseFloat(words[0], 64)
	return kb / 1024
}

// loadAverage is what the machine had to do before.
func loadAverage() string {
	data, err := os.ReadFile("/proc/loadavg")
	if words := strings.Fields(string(data)); err == nil && len(words) > 3 {
		return strings.Join(words[:3], " ")
	}
	return "unknown"
}
