package drills

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

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

// start starts the server, and waits until it listens.
func (s *childServer) start(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	addr := strings.TrimPrefix(s.url, "http://")
	if addr == "" {
		addr = "127.0.0.1:0"
	}
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

func (s *childServer) signal(how syscall.Signal) error {
	if err := s.cmd.Process.Signal(how); err != nil {
		return fmt.Errorf("strike the server: %w", err)
	}
	return nil
}

func (s *childServer) ask(ctx context.Context, method, path string, body, into any) error {
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return fmt.Errorf("make a request: %w", err)
		}
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
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}
