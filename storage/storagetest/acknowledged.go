package storagetest

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"lightsout/race"
)

// Acknowledged counts how often InfluxDB acknowledged each point of a race. It wraps a feed's HTTP transport; requests must
// not be compressed.
type Acknowledged struct {
	Race race.ID

	mu    sync.Mutex
	lines map[string]int
}

// acknowledging is the wrapping transport.
type acknowledging struct {
	to   *Acknowledged
	next http.RoundTripper
}

// Wrap returns a transport that counts and calls next.
func (a *Acknowledged) Wrap(next http.RoundTripper) http.RoundTripper { return acknowledging{a, next} }

// RoundTrip implements http.RoundTripper.
func (a acknowledging) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil || !strings.HasSuffix(r.URL.Path, "/api/v2/write") {
		return a.next.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	_ = r.Body.Close()
	sent := r.Clone(r.Context())
	sent.Body = io.NopCloser(bytes.NewReader(body))
	res, err := a.next.RoundTrip(sent)
	if err == nil && res.StatusCode == http.StatusNoContent {
		a.to.count(string(body))
	}
	return res, err
}

func (a *Acknowledged) count(body string) {
	tag := ",race=" + string(a.Race)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.lines == nil {
		a.lines = map[string]int{}
	}
	for line := range strings.Lines(body) {
		if strings.HasPrefix(line, "tower,") { // rows as they are at the end of a stretch of the log, which ends anywhere
			continue
		}
		if strings.Contains(line, tag+",") || strings.Contains(line, tag+" ") {
			a.lines[strings.TrimRight(line, "\n")]++
		}
	}
}

// Lines returns how often each line was acknowledged so far.
func (a *Acknowledged) Lines() map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.lines)
}

// Of returns how often lines of a series were acknowledged so far.
func (a *Acknowledged) Of(series string) (n int) {
	for line, times := range a.Lines() {
		if strings.HasPrefix(line, series+",") {
			n += times
		}
	}
	return n
}

// Differs returns the lines that were acknowledged more or less often than by another feed of the same log; empty if none.
func (a *Acknowledged) Differs(from *Acknowledged) string {
	got, want := a.Lines(), from.Lines()
	var wrong []string
	for line := range got {
		if want[line] == 0 {
			wrong = append(wrong, line)
		}
	}
	for line, n := range want {
		if got[line] != n {
			wrong = append(wrong, line)
		}
	}
	if len(wrong) == 0 {
		return ""
	}
	slices.Sort(wrong)
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d lines:", len(wrong), len(want))
	for _, line := range wrong[:min(5, len(wrong))] {
		fmt.Fprintf(&b, "\n%d times instead of %d: %s", got[line], want[line], line)
	}
	return b.String()
}
