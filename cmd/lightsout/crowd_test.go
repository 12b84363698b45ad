//go:build unix

package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestServer_SecondServerOnAFileIsRefused: the other's races are not touched, and a server that was killed leaves the file free.
func TestServer_SecondServerOnAFileIsRefused(t *testing.T) {
	t.Parallel()
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "x.db")}
	p.start()
	for _, args := range [][]string{
		{"serve", "--addr", "127.0.0.1:0", "--db", p.db}, {"simulate", "--circuit", "harbour", "--laps", "1", "--db", p.db},
	} {
		said, err := exec.Command(p.bin, args...).CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitBadInput || !strings.Contains(string(said), fmt.Sprint("process ", p.cmd.Process.Pid)) {
			t.Errorf("%s beside a server: %v %s", args[0], err, said)
		}
	}
	p.end(syscall.SIGKILL)
	p.start()
	p.end(syscall.SIGTERM)
}

// TestServer_IdleConnectionsDoNotEndIt opens ten times as many connections as the system gives the server descriptors, and has it
// race beside them.
func TestServer_IdleConnectionsDoNotEndIt(t *testing.T) {
	t.Parallel()
	long(t)
	const descriptors, crowd = 400, 4000
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < crowd+100 {
		t.Skipf("this process may have %d files open: needed are %d", limit.Cur, crowd+100)
	}
	script := filepath.Join(t.TempDir(), "limited")
	text := fmt.Sprintf("#!/bin/sh\nulimit -n %d\nexec %s \"$@\"\n", descriptors, mustBuild(t))
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, bin: script, db: filepath.Join(t.TempDir(), "x.db")}
	p.start()
	defer p.end(syscall.SIGTERM)
	for range crowd {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	made := p.post("/api/v1/races", `{"circuit":"harbour","cars":20,"laps":2,"speed":0}`)
	var got struct{ Status string }
	for deadline := time.Now().Add(patience); got.Status != "finished"; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("beside %d idle connections the race is %q", crowd, got.Status)
		}
		p.get(fmt.Sprintf("/api/v1/races/%v", made["id"]), &got)
	}
	res, err := http.Get(p.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("the metrics answer %d", res.StatusCode)
	}
}
