package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// takes reports whether a token is the server's.
func (p *process) takes(token string) bool {
	p.t.Helper()
	req, err := http.NewRequest(http.MethodPost, p.url+"/api/v1/races", http.NoBody)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode != http.StatusUnauthorized
}

func TestServe_ReadsItsTokenAgainAtSIGHUPAndKeepsItWhereTheNewOneIsNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first\n")
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db"), args: []string{"--token-file", file}}
	p.start()
	if p.takes("second") || !p.takes("first") {
		t.Error("its token is not the file's")
	}
	write("two words")
	p.hangUp()
	write("second")
	p.hangUp()
	for end := time.Now().Add(patience); !p.takes("second"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the new token is not taken")
		}
	}
	write("two words")
	p.hangUp()
	if p.takes("first") || !p.takes("second") {
		t.Error("it is not the newest that was one")
	}
	p.end(syscall.SIGTERM)
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
}

func (p *process) hangUp() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		p.t.Fatal(err)
	}
}

func TestCommands_EndInOrderWhenTheirTerminalIsClosed(t *testing.T) {
	p := &process{t: t, bin: mustBuild(t)}
	db := filepath.Join(t.TempDir(), "races.db")
	p.cmd = exec.Command(p.bin, "simulate", "--circuit", "kartwerk", "--cars", "20", "--laps", "1000", "--db", db)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if info, err := os.Stat(db); err == nil && info.Size() > 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("nothing is simulated")
		}
	}
	p.hangUp()
	if err := p.cmd.Wait(); p.cmd.ProcessState.ExitCode() < 0 {
		t.Errorf("it was killed: %v", err)
	}
}
