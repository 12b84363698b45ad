//go:build linux

package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// resident is the memory of a process, in MB.
func (p *process) resident() int {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	var kb int
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	if _, err := fmt.Sscan(after, &kb); err != nil {
		p.t.Fatal(err)
	}
	return kb / 1024
}

func TestServer_WaitingRaceCostsNoMoreThanItsEntries(t *testing.T) {
	t.Parallel()
	long(t)
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "x.db")}
	p.start()
	defer p.end(syscall.SIGTERM)
	known := map[string]bool{}
	order := func() string { // a machine that is slow answers that it is still at it (202), and where to look
		t.Helper()
		if id, is := p.post("/api/v1/races", `{"circuit":"harbour","cars":100000,"laps":3,"start":false}`)["id"].(string); is {
			known[id] = true
			return "/api/v1/races/" + id
		}
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
			var list struct{ Races []struct{ ID string } }
			p.get("/api/v1/races", &list)
			for _, one := range list.Races {
				if !known[one.ID] {
					known[one.ID] = true
					return "/api/v1/races/" + one.ID
				}
			}
		}
		t.Fatal("the race that was underway does not come")
		return ""
	}
	p.mustDelete(order()) // what the first one takes for good
	settles := func(what string, below int) {
		t.Helper()
		for deadline := time.Now().Add(patience); p.resident() > below; time.Sleep(100 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: %d MB, expected at most %d", what, p.resident(), below)
			}
		}
	}
	settles("before", 150)
	before := p.resident()
	first := order()
	settles("a race that waits", before+100)
	second := order()
	code, text := p.refused("/api/v1/races", `{"circuit":"harbour","cars":1,"laps":3}`)
	if code != http.StatusUnprocessableEntity || !strings.Contains(text, "have 200000") || !strings.Contains(text, "--max-cars 200000") {
		t.Errorf("one car more than 200,000: %d %s", code, text)
	}
	p.end(syscall.SIGTERM)
	p.start()
	settles("after a restart", before+200)
	var got struct{ Entries []struct{} }
	if p.get(first+"/entries", &got); len(got.Entries) != 100_000 {
		t.Errorf("%d entries", len(got.Entries))
	}
	for _, path := range []string{first, second} {
		if code := p.mustDelete(path); code != http.StatusNoContent && code != http.StatusAccepted {
			t.Errorf("%s: %d", path, code)
		}
	}
	settles("after they were deleted", before+100)
	p.post("/api/v1/races", `{"circuit":"harbour","cars":1,"laps":1,"speed":0}`)
}

func TestServer_DeletesALargeRaceThatRuns(t *testing.T) {
	t.Parallel()
	long(t)
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "x.db")}
	p.start()
	defer p.end(syscall.SIGTERM)
	path := fmt.Sprintf("/api/v1/races/%v", p.post("/api/v1/races", `{"circuit":"harbour","cars":5000,"laps":3,"speed":0}`)["id"])
	p.awaitLap(path, 1)
	codes := make(chan int, 2)
	for range cap(codes) { // the second waits for the first
		go func() { codes <- p.mustDelete(path) }()
	}
	for range cap(codes) {
		if code := <-codes; code != http.StatusNoContent && code != http.StatusAccepted && code != http.StatusNotFound {
			t.Errorf("deleted: %d", code)
		}
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		res, err := http.Get(p.url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode == http.StatusNotFound {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it is still there")
		}
	}
}

func TestServer_RefusesATickThatIsNoWholeMicroseconds(t *testing.T) {
	t.Parallel()
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "x.db")}
	p.start()
	defer p.end(syscall.SIGTERM)
	for _, hz := range []int{-1, 3, 7, 30, 60, 99, 101} {
		code, text := p.refused("/api/v1/races", fmt.Sprintf(`{"circuit":"harbour","cars":2,"laps":1,"tick_hz":%d}`, hz))
		if code != http.StatusUnprocessableEntity || !strings.Contains(text, "tick_hz") || hz > 0 && hz < 101 && !strings.Contains(text, "25, 32") {
			t.Errorf("%d: %d %s", hz, code, text)
		}
	}
}
