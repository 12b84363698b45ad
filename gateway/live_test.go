package gateway_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/fasthttp/websocket"

	"lightsout/gateway"
	"lightsout/gateway/live/livetest"
	"lightsout/race"
)

var liveRace = race.Race{ID: "live", Name: "Live", Cars: 2, Rules: race.F1(3), Lines: []race.Line{{Kind: race.LineFinish}}}

func (s *served) mustWatch(t *testing.T, path string) *livetest.Viewer {
	t.Helper()
	return livetest.MustWatch(t, s.url+path)
}

func TestLive_ShowsAnEndedRaceFromTheStore(t *testing.T) {
	s := mustServe(t, nil)
	got := s.mustWatch(t, "/live/r1").MustSnapshot()
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
			first.MustSnapshot()
			s.mustWatch(t, "/live/live").MustSnapshot()
			var closed *websocket.CloseError
			if _, err := s.mustWatch(t, "/live/live").Next(); !errors.As(err, &closed) || closed.Code != websocket.CloseTryAgainLater {
				t.Errorf("the third: %v", err)
			}
			if _, _, text := s.ask(t, "GET", "/metrics", ""); !strings.Contains(text, "lightsout_gateway_spectators_refused_total 1") {
				t.Error("the metric does not count the refused spectator")
			}
			_ = first.Conn.Close()
			eventually(t, "there is a seat again", func() bool { _, err := s.mustWatch(t, "/live/live").Next(); return err == nil })
		})
	}
}
