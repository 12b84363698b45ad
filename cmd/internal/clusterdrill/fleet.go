package clusterdrill

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// fleet is the processes of a drill.
type fleet struct {
	cfg    *Config
	dir    string
	prefix string
	status io.Writer
	linked bool // each process reaches Kafka over links that can be cut

	mu    sync.Mutex
	all   []*child
	turns map[string]int // of strikes, by role
	asks  atomic.Int64
}

// child is a process. Its address and its file outlive it.
type child struct {
	role   string
	number int
	addr   string
	links  []*link // to the brokers

	mu    sync.Mutex
	cmd   *exec.Cmd
	ended chan error // of cmd
}

// startWait bounds how long a process may take until it is ready, askWait how long it may take to answer.
const (
	startWait = time.Minute
	askWait   = 20 * time.Second
)

// free is a free address.
func free(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close() //nolint:errcheck // it was only tried
	return l.Addr().String(), nil
}

// add starts one more process of a role.
func (f *fleet) add(ctx context.Context, role string) (*child, error) {
	addr, err := free(ctx)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	c := &child{role: role, addr: addr, number: 1}
	for _, other := range f.all {
		if other.role == role {
			c.number++
		}
	}
	f.all = append(f.all, c)
	f.mu.Unlock()
	for _, broker := range f.cfg.Brokers {
		if !f.linked {
			break
		}
		l, err := newLink(broker)
		if err != nil {
			return nil, err
		}
		c.links = append(c.links, l)
	}
	return c, f.start(c)
}

// start starts a process, which goes on when the drill is interrupted, so that close can end it in order.
func (f *fleet) start(c *child) error {
	args := []string{
		"serve", "--kafka", strings.Join(f.cfg.Brokers, ","), "--kafka-prefix", f.prefix, "--roles", c.role, "--addr", c.addr, "--log-level", "warn",
		"--max-connections-each", "1000", "--max-spectators-each", "1000",
	}
	for _, l := range c.links {
		args = append(args, "--kafka-via", l.broker+"="+l.addr)
	}
	if c.role == "gateway" {
		args = append(args, "--db", filepath.Join(f.dir, fmt.Sprintf("gateway-%d.db", c.number)))
	}
	said, err := os.OpenFile(filepath.Join(f.dir, fmt.Sprintf("%s-%d.log", c.role, c.number)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open a log: %w", err)
	}
	defer said.Close()                                                 //nolint:errcheck // the process has it
	cmd := exec.Command(f.cfg.Program, append(args, f.cfg.Args...)...) //nolint:noctx // it outlives the context, to be ended in order
	cmd.Stdout, cmd.Stderr, cmd.Dir = said, said, f.dir
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s %d: %w", c.role, c.number, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cmd, c.ended = cmd, ended
	return nil
}

// awaitReady waits until a process is ready.
func (f *fleet) awaitReady(ctx context.Context, c *child) error {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	for {
		last := c.ask(ctx, http.MethodGet, "/readyz", nil, nil)
		if last == nil {
			return nil
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("%s %d is not ready after %v: %w", c.role, c.number, startWait, last)
		}
	}
}

// name is the process in words.
func (c *child) name() string { return fmt.Sprintf("%s %d", c.role, c.number) }

// signal signals a process that lives, and returns its pid.
func (c *child) signal(s syscall.Signal) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil {
		return 0, fmt.Errorf("%s does not run", c.name())
	}
	if err := c.cmd.Process.Signal(s); err != nil {
		return 0, fmt.Errorf("signal %s: %w", c.name(), err)
	}
	return c.cmd.Process.Pid, nil
}

// kill kills a process, and returns its pid once it was killed by that.
func (c *child) kill() (int, error) {
	pid, err := c.signal(syscall.SIGKILL)
	if err != nil {
		return 0, err
	}
	err = <-c.ended
	c.mu.Lock()
	c.cmd = nil
	c.mu.Unlock()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		return 0, fmt.Errorf("%s (process %d) had ended before it was killed: %w", c.name(), pid, err)
	}
	return pid, nil
}

// end ends a process in order.
func (c *child) end() error {
	c.mu.Lock()
	cmd := c.cmd
	c.mu.Unlock()
	if cmd == nil {
		return nil
	}
	_ = cmd.Process.Signal(syscall.SIGCONT)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-c.ended:
		if err != nil {
			return fmt.Errorf("%s: %w", c.name(), err)
		}
	case <-time.After(startWait):
		_ = cmd.Process.Kill()
		return fmt.Errorf("%s did not end within %v of SIGTERM", c.name(), startWait)
	}
	return nil
}

// close ends all processes.
func (f *fleet) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	errs := make([]error, len(f.all))
	var all sync.WaitGroup
	for i, c := range f.all {
		all.Go(func() { errs[i] = c.end() })
	}
	all.Wait()
	for _, c := range f.all {
		for _, l := range c.links {
			l.close()
		}
	}
	return errors.Join(errs...)
}

// of lists the processes of a role.
func (f *fleet) of(role string) (out []*child) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.all {
		if c.role == role {
			out = append(out, c)
		}
	}
	return out
}

// next is the process that a strike falls on: which, from 1, or one after another.
func (f *fleet) next(role string, which int) (*child, error) {
	list := f.of(role)
	if which > len(list) {
		return nil, fmt.Errorf("there is no %s %d", role, which)
	}
	if which > 0 {
		return list[which-1], nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.turns[role]++
	return list[(f.turns[role]-1)%len(list)], nil
}

// gateway is the next gateway of a client that goes from one to the other.
func (f *fleet) gateway(turn int) *child {
	list := f.of("gateway")
	return list[turn%len(list)]
}

// client has no limit of time: each request has its own.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}

// statusError is an answer that is not 2xx.
type statusError struct {
	code int
	text string
}

func (e *statusError) Error() string { return fmt.Sprintf("the answer is %d: %s", e.code, e.text) }

// ask sends one request to a process. body is JSON; into may be nil, or a func that reads the answer.
func (c *child) ask(ctx context.Context, method, path string, body []byte, into any, header ...string) error {
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.addr+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make a request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ask %s: %w", c.name(), err)
	}
	defer res.Body.Close() //nolint:errcheck // only read
	if res.StatusCode > 299 || res.StatusCode == http.StatusAccepted {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 500)) // for people
		return &statusError{res.StatusCode, string(text)}
	}
	switch into := into.(type) {
	case nil:
		_, err = io.Copy(io.Discard, res.Body)
	case func(io.Reader) error:
		err = into(res.Body)
	default:
		err = json.NewDecoder(res.Body).Decode(into)
	}
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", c.name(), err)
	}
	return nil
}

// insist sends a request to one gateway after the other until one answers it.
func (f *fleet) insist(ctx context.Context, method, path string, body []byte, into any, header ...string) error {
	for turn := int(f.asks.Add(1)); ; turn++ {
		err := f.gateway(turn).ask(ctx, method, path, body, into, header...)
		var status *statusError
		switch {
		case err == nil, errors.As(err, &status) && status.code < 500 && status.code != http.StatusAccepted && status.code != http.StatusTooManyRequests:
			return err
		}
		if waited := sleep(ctx, 100*time.Millisecond); waited != nil {
			return errors.Join(waited, err)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
