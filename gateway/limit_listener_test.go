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

	"github.com/fasthttp/websocket"

	"lightsout/gateway"
	"lightsout/race"
)

// idle opens connections that ask nothing.
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

// alone asks over a connection of its own.
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

func TestLimitListener_WhoWaitsLongestMakesRoom(t *testing.T) {
	for name, bound := range map[string]func(*gateway.Config){
		"in all":          func(c *gateway.Config) { c.ConnectionsMax = 20 },
		"for one address": func(c *gateway.Config) { c.ConnectionsEachMax = 20 },
	} {
		t.Run(name, func(t *testing.T) {
			s := mustServe(t, bound)
			conns := s.idle(t, 200)
			if code, _ := s.alone(t); code != http.StatusOK {
				t.Errorf("beside 200 idle connections: %d", code)
			}
			if err := conns[0].SetReadDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			if _, err := conns[0].Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the connection that waited longest: %v", err)
			}
		})
	}
}

// TestLimitListener_ATrustedProxyAsksForMany: the bound for an address is not for it.
func TestLimitListener_ATrustedProxyAsksForMany(t *testing.T) {
	s := mustServe(t, func(c *gateway.Config) { c.ConnectionsEachMax, c.TrustedProxies = 2, []string{"127.0.0.0/8"} })
	s.hub.Open(head, s.entries)
	for range 5 {
		s.mustWatch(t, "/live/live").mustSnapshot()
	}
}

func TestLimitListener_WhoWatchesStays(t *testing.T) {
	s := mustServe(t, func(c *gateway.Config) { c.ConnectionsMax = 5 })
	s.hub.Open(head, s.entries)
	var watching []*viewer
	for range 5 {
		v := s.mustWatch(t, "/live/live")
		v.mustSnapshot()
		watching = append(watching, v)
	}
	if code, text := s.alone(t); code != http.StatusServiceUnavailable || !strings.Contains(text, "too many connections") {
		t.Errorf("without room: %d %s", code, text)
	}
	s.hub.Publish("live", []race.Facts{event(1)})
	for i, v := range watching {
		if _, err := v.next(); err != nil {
			t.Errorf("spectator %d: %v", i, err)
		}
	}
	_ = watching[0].conn.Close()
	within(t, "there is room again", func() bool { code, _ := s.alone(t); return code == http.StatusOK })
}

func TestLive_RefusesMoreSpectatorsThanItHolds(t *testing.T) {
	for name, bound := range map[string]func(*gateway.Config){
		"in all":          func(c *gateway.Config) { c.SpectatorsMax = 2 },
		"for one address": func(c *gateway.Config) { c.SpectatorsEachMax = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			s := mustServe(t, bound)
			s.hub.Open(head, s.entries)
			first := s.mustWatch(t, "/live/live")
			first.mustSnapshot()
			s.mustWatch(t, "/live/live").mustSnapshot()
			var closed *websocket.CloseError
			if _, err := s.mustWatch(t, "/live/live").next(); !errors.As(err, &closed) || closed.Code != websocket.CloseTryAgainLater {
				t.Errorf("the third: %v", err)
			}
			if _, _, text := s.ask(t, "GET", "/metrics", ""); !strings.Contains(text, "lightsout_gateway_spectators_refused_total 1") {
				t.Error("the metric does not count who was refused")
			}
			_ = first.conn.Close()
			within(t, "there is a seat again", func() bool { _, err := s.mustWatch(t, "/live/live").next(); return err == nil })
		})
	}
}

// within waits for what must come to be.
func within(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); {
		if time.Now().After(deadline) {
			t.Fatal("it never came to be that " + what)
		}
	}
}
