package gateway_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"lightsout/gateway"
	"lightsout/race"
	"lightsout/transport"
)

var liveRace = race.Race{ID: "live", Name: "Live", Cars: 2, Rules: race.F1(3), Lines: []race.Line{{Kind: race.LineFinish}}}

// viewer is a real websocket client.
type viewer struct {
	t    *testing.T
	conn *websocket.Conn
}

func (s *served) mustWatch(t *testing.T, path string) *viewer {
	t.Helper()
	conn, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.url, "http")+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("status %d", res.StatusCode)
	}
	t.Cleanup(func() { conn.Close() })
	return &viewer{t, conn}
}

// next returns the next message with facts or a snapshot.
func (v *viewer) next() (any, error) {
	for {
		if err := v.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			v.t.Error(err)
		}
		_, data, err := v.conn.ReadMessage()
		if err != nil {
			return nil, err
		}
		m, err := transport.Decode(data)
		if err != nil {
			v.t.Errorf("decode: %v", err)
		}
		switch m.(type) {
		case transport.Pulse, *race.Frame, *race.Ops:
		default:
			return m, nil
		}
	}
}

func (v *viewer) mustSnapshot() *transport.Snapshot {
	v.t.Helper()
	m, err := v.next()
	snapshot, ok := m.(*transport.Snapshot)
	if err != nil || !ok {
		v.t.Fatalf("got %T, %v, expected a snapshot", m, err)
	}
	return snapshot
}

func TestLive_ShowsAnEndedRaceFromTheStore(t *testing.T) {
	s := mustServe(t, nil)
	got := s.mustWatch(t, "/live/r1").mustSnapshot()
	if got.Board.Seq != 6 || got.Race.Name != "First" || len(got.Entries) != 2 {
		t.Errorf("got %+v", got)
	}
}

func TestLive_RefusesAPageOfAnotherHost(t *testing.T) {
	s := mustServe(t, nil)
	s.hub.Open(liveRace, s.entries)
	_, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.url, "http")+"/live/live", http.Header{"Origin": {"http://evil.example"}})
	if err == nil || res == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("got %v", err)
	}
}

func TestLive_RefusesSpectatorsBeyondTheLimit(t *testing.T) {
	for name, bound := range map[string]func(*gateway.Config){
		"in all":          func(c *gateway.Config) { c.MaxSpectators = 2 },
		"for one address": func(c *gateway.Config) { c.MaxSpectatorsEach = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			s := mustServe(t, bound)
			s.hub.Open(liveRace, s.entries)
			first := s.mustWatch(t, "/live/live")
			first.mustSnapshot()
			s.mustWatch(t, "/live/live").mustSnapshot()
			var closed *websocket.CloseError
			if _, err := s.mustWatch(t, "/live/live").next(); !errors.As(err, &closed) || closed.Code != websocket.CloseTryAgainLater {
				t.Errorf("the third: %v", err)
			}
			if _, _, text := s.ask(t, "GET", "/metrics", ""); !strings.Contains(text, "lightsout_gateway_spectators_refused_total 1") {
				t.Error("the metric does not count the refused spectator")
			}
			_ = first.conn.Close()
			eventually(t, "there is a seat again", func() bool { _, err := s.mustWatch(t, "/live/live").next(); return err == nil })
		})
	}
}
