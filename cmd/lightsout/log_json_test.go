package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestLog_EachLineIsJSONWhereJSONIsAskedFor reads all that a server writes, from its first line to the error by which another one ends.
func TestLog_EachLineIsJSONWhereJSONIsAskedFor(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and starts the server")
	}
	bin, db := mustBuild(t), filepath.Join(t.TempDir(), "x.db")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, "serve", "--addr", "127.0.0.1:0", "--db", db, "--log-json", "--log-level", "debug")
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said, drilled := map[string]int{}, map[string]any{}
	read := func(line string) (text string) {
		t.Helper()
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("not JSON: %s", line)
		}
		msg, _ := entry["msg"].(string)
		if said[msg]++; msg == "a drill is over" {
			drilled = entry
		}
		text, _ = entry["text"].(string)
		return text
	}
	lines, url := make(chan string, 1<<16), "" // the server waits for nobody
	go func() {
		defer close(lines)
		for all := bufio.NewScanner(out); all.Scan(); {
			lines <- all.Text()
		}
	}()
	for url == "" {
		line, more := <-lines
		if !more {
			t.Fatal("the server did not say where it is")
		}
		url = regexp.MustCompile(`http://\S+`).FindString(read(line))
	}
	res, err := http.Post(url+"/api/v1/races", "application/json", strings.NewReader(`{"circuit":"kartwerk","cars":2,"laps":1,"speed":0}`))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	drillInLog(&process{t: t, url: url})
	second := exec.CommandContext(ctx, bin, "serve", "--addr", "127.0.0.1:0", "--db", db, "--log-json")
	var refusal bytes.Buffer
	second.Stderr = &refusal
	if err := second.Run(); err == nil {
		t.Error("two servers write one file")
	}
	for line := range strings.Lines(refusal.String()) {
		read(line)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for line := range lines {
		read(line)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	for _, msg := range []string{"status", "an order was carried out", "a request was answered", "a commit was made", "lightsout ends"} {
		if said[msg] == 0 {
			t.Errorf("%q was not said: %v", msg, said)
		}
	}
	if strikes, _ := drilled["strikes"].(float64); drilled["phase"] != "passed" || strikes < 1 || drilled["restarts"] != drilled["strikes"] || drilled["set_aside"] != 0.0 {
		t.Errorf("of the drill the log says %v", drilled)
	}
}

// drillInLog runs a drill to its verdict.
func drillInLog(p *process) {
	p.t.Helper()
	id, _ := p.post("/api/v1/races", `{"circuit":"kartwerk","cars":4,"laps":1,"speed":0,"start":false}`)["id"].(string)
	p.post("/api/v1/races/"+id+"/drills", `{"faults":[{"kill":"car","share":0.5,"every":"5s"}]}`)
	p.post("/api/v1/races/"+id+"/start", "")
	p.awaitDrill("/api/v1/races/"+id+"/drills", 1, hasEnded)
}
