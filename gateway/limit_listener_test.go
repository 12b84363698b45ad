package gateway_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"lightsout/gateway"
	"lightsout/gateway/live/livetest"
	"lightsout/race"
)

// idle opens connections that send nothing.
func (s *served) idle(t *testing.T, n int) []net.Conn {
	t.Helper()
	out := make([]net.Conn, n)
	for i := range out {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		out[i] = conn
	}
	return out
}

// alone sends a request over a connection of its own.
func (s *served) alone(t *testing.T) (int, string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get(s.url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range secured {
		if res.Header.Get(header) == "" {
			t.Errorf("%d comes without %s", res.StatusCode, header)
		}
	}
	return res.StatusCode, string(data)
}

func TestLimitListener_EvictsTheLongestIdleConnection(t *testing.T) {
	for name, bound := range map[string]func(*gateway.Config){
		"in all":          func(c *gateway.Config) { c.MaxConnections = 20 },
		"for one address": func(c *gateway.Config) { c.MaxConnectionsEach = 20 },
	} {
		t.Run(name, func(t *testing.T) {
			s := mustServe(t, bound)
			conns := s.idle(t, 200)
			if code, _ := s.alone(t); code != http.StatusOK {
				t.Errorf("with 200 idle connections: %d", code)
			}
			if err := conns[0].SetReadDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			if _, err := conns[0].Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the longest idle connection: %v", err)
			}
		})
	}
}

// The limit per address does not apply to a trusted proxy.
func TestLimitListener_TrustedProxyIsExemptFromTheLimitPerAddress(t *testing.T) {
	s := mustServe(t, func(c *gateway.Config) { c.MaxConnectionsEach, c.TrustedProxies = 2, []string{"127.0.0.0/8"} })
	s.hub.Open(liveRace, s.entries)
	for range 5 {
		s.mustWatch(t, "/live/live").MustSnapshot()
	}
}

func TestLimitListener_NeverEvictsASpectator(t *testing.T) {
	s := mustServe(t, func(c *gateway.Config) { c.MaxConnections = 5 })
	s.hub.Open(liveRace, s.entries)
	var watching []*livetest.Viewer
	for range 5 {
		v := s.mustWatch(t, "/live/live")
		v.MustSnapshot()
		watching = append(watching, v)
	}
	if code, text := s.alone(t); code != http.StatusServiceUnavailable || !strings.Contains(text, "too many connections") {
		t.Errorf("without room: %d %s", code, text)
	}
	s.hub.Publish("live", []race.Facts{{Seq: 1, Facts: []race.Fact{race.EventHappened{}}}})
	for i, v := range watching {
		if _, err := v.Next(); err != nil {
			t.Errorf("spectator %d: %v", i, err)
		}
	}
	_ = watching[0].Conn.Close()
	eventually(t, "there is room again", func() bool { code, _ := s.alone(t); return code == http.StatusOK })
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); {
		if time.Now().After(deadline) {
			t.Fatal("it never happened: " + what)
		}
	}
}
