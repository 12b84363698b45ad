package live_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/gofiber/fiber/v2"

	"lightsout/gateway/live"
	"lightsout/gateway/live/livetest"
	"lightsout/race"
	"lightsout/transport"
)

// patience bounds the wait for what a busy machine does late. A passing test does not wait for it.
const patience = 5 * time.Minute

var (
	info    = race.Race{ID: "live", Name: "Live", Cars: 2, Rules: race.F1(3), Lines: []race.Line{{Kind: race.LineFinish}}}
	entries = make([]race.Entry, 2)
)

// event is a fact with a number of its own.
func event(n int) race.Facts {
	return race.Facts{Seq: race.Seq(n), Time: race.Micros(n), Facts: []race.Fact{
		race.EventHappened{Event: race.Event{Kind: race.EventPenalty, Value: int64(n)}},
	}}
}

// stored is a race that the hub does not hold.
type stored struct{}

func (stored) Board(_ context.Context, id race.ID) (race.Race, []race.Entry, race.Board, error) {
	if id != "stored" {
		return race.Race{}, nil, race.Board{}, race.ErrNotFound
	}
	return race.Race{ID: id, Name: "Stored"}, entries, race.Board{Seq: 6, Session: race.SessionStatus{Status: race.Over}}, nil
}

// seats is a limit without addresses.
type seats struct {
	mu   sync.Mutex
	free int
}

func (s *seats) Take(string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.free == 0 {
		return false
	}
	s.free--
	return true
}

func (s *seats) Leave(string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free++
}

// served serves the sockets of a hub on loopback.
type served struct {
	hub     *live.Hub
	metrics *live.Metrics
	url     string
}

func mustServe(t *testing.T, change func(*live.Config)) *served {
	t.Helper()
	s := &served{metrics: live.NewMetrics(nil)}
	s.hub = live.NewHub(transport.Codec{}, s.metrics)
	cfg := live.Config{
		Hub: s.hub, Boards: stored{}, Seats: &seats{free: 100}, PulseEvery: 50 * time.Millisecond, WriteTimeout: patience, LoadTimeout: patience,
	}
	if change != nil {
		change(&cfg)
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/live/:id", live.Handler(cfg))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.url = "ws://" + l.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(l) }()
	t.Cleanup(func() {
		s.hub.Shutdown()
		if err := app.ShutdownWithTimeout(patience); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *served) mustWatch(t *testing.T, path string) *livetest.Viewer {
	t.Helper()
	return livetest.MustWatch(t, s.url+path)
}

func TestLive_SpectatorGetsEachFactOnceWhileRacesArePublishedConcurrently(t *testing.T) {
	s := mustServe(t, nil)
	s.hub.Open(info, entries)
	const last = 600
	published := make(chan struct{})
	go func() {
		defer close(published)
		for n := 1; n <= last; n += 3 {
			s.hub.Publish("live", []race.Facts{event(n), event(n + 1), event(n + 2)})
			s.hub.Picture("live", &race.Frame{Tick: race.Tick(n), LapFraction: []uint16{1, 2}, State: make([]race.CarState, 2)})
			if n%30 == 1 {
				time.Sleep(time.Millisecond) // lets spectators join at different moments; nothing waits for it
			}
		}
	}()
	var done sync.WaitGroup
	for range 20 {
		done.Go(func() {
			v := s.mustWatch(t, "/live/live")
			m, err := v.Next()
			snapshot, ok := m.(*transport.Snapshot)
			if err != nil || !ok {
				t.Errorf("got %T, %v, expected a snapshot", m, err)
				return
			}
			want := int64(1)
			if n := len(snapshot.Board.Events); n > 0 {
				want = snapshot.Board.Events[n-1].Value + 1
			}
			for want <= last {
				m, err := v.Next()
				facts, ok := m.(*race.Facts)
				if err != nil || !ok {
					t.Errorf("got %T, %v, expected facts", m, err)
					return
				}
				for _, f := range facts.Facts {
					if got := f.(race.EventHappened).Event.Value; got != want {
						t.Errorf("fact %d where %d was next", got, want)
						return
					}
					want++
				}
			}
		})
	}
	done.Wait()
	<-published
}

func TestLive_ReconnectResumesAfterAnyRecordWithoutGapOrRepeat(t *testing.T) {
	s := mustServe(t, nil)
	s.hub.Open(info, entries)
	for n := 1; n <= 30; n += 5 {
		s.hub.Publish("live", []race.Facts{event(n), event(n + 1), event(n + 2), event(n + 3), event(n + 4)})
	}
	s.hub.Publish("live", []race.Facts{event(28), event(29), event(30)}) // published again by the publisher's next incarnation
	for from := range 30 {
		v := s.mustWatch(t, fmt.Sprintf("/live/live?from=%d", from))
		for want := from + 1; want <= 30; {
			m, err := v.Next()
			facts, ok := m.(*race.Facts)
			if err != nil || !ok {
				t.Fatalf("from %d: got %T, %v", from, m, err)
			}
			for _, f := range facts.Facts {
				if got := int(f.(race.EventHappened).Event.Value); got != want {
					t.Fatalf("from %d: fact %d where %d was next", from, got, want)
				}
				want++
			}
		}
	}
}

func TestLive_CursorOutsideTheRingGetsASnapshot(t *testing.T) {
	s := mustServe(t, nil)
	s.hub.Open(info, entries)
	for n := 1; n <= 5000; n++ { // more than the ring keeps
		s.hub.Publish("live", []race.Facts{event(n)})
	}
	for _, from := range []string{"0", "100", "9999999"} {
		if got := s.mustWatch(t, "/live/live?from="+from).MustSnapshot(); got.Board.Seq != 5000 {
			t.Errorf("from %s: a snapshot at record %d", from, got.Board.Seq)
		}
	}
}

// TestLive_SpectatorOfAServerAheadIsShownNothingTwice: it comes from another server, whose copy of the log was newer.
func TestLive_SpectatorOfAServerAheadIsShownNothingTwice(t *testing.T) {
	s := mustServe(t, func(c *live.Config) { c.CatchUp = patience })
	s.hub.Open(info, entries)
	s.hub.Publish("live", []race.Facts{event(1), event(2)})
	v := s.mustWatch(t, "/live/live?from=4")
	if err := v.Conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, data, err := v.Conn.ReadMessage(); err != nil {
		t.Fatal(err)
	} else if m, err := transport.Decode(data); err != nil {
		t.Fatal(err)
	} else if _, silent := m.(transport.Pulse); !silent {
		t.Fatalf("it is shown %T", m)
	}
	s.hub.Publish("live", []race.Facts{event(3)})
	s.hub.Publish("live", []race.Facts{event(4), event(5)})
	m, err := v.Next()
	if f, is := m.(*race.Facts); err != nil || !is || f.Seq != 5 || len(f.Facts) != 1 {
		t.Errorf("it is shown %+v, %v", m, err)
	}
}

func TestLive_ServerThatStaysBehindSendsAway(t *testing.T) {
	s := mustServe(t, func(c *live.Config) { c.CatchUp, c.PulseEvery = 10*time.Millisecond, 20*time.Millisecond })
	s.hub.Open(info, entries)
	s.hub.Publish("live", []race.Facts{event(1), event(2)})
	v := s.mustWatch(t, "/live/live?from=4")
	var closed *websocket.CloseError
	if m, err := v.Next(); !errors.As(err, &closed) || closed.Code != websocket.CloseTryAgainLater {
		t.Errorf("it is shown %+v, and ends with %v", m, err)
	}
}

func TestLive_LoadsARaceThatTheHubDoesNotHold(t *testing.T) {
	s := mustServe(t, nil)
	got := s.mustWatch(t, "/live/stored").MustSnapshot()
	if got.Board.Seq != 6 || got.Race.Name != "Stored" || len(got.Entries) != 2 {
		t.Errorf("got %+v", got)
	}
}

func TestLive_RefusesASpectatorWithoutASeat(t *testing.T) {
	s := mustServe(t, func(c *live.Config) { c.Seats = &seats{free: 1} })
	s.hub.Open(info, entries)
	s.mustWatch(t, "/live/live").MustSnapshot()
	var closed *websocket.CloseError
	if _, err := s.mustWatch(t, "/live/live").Next(); !errors.As(err, &closed) || closed.Code != websocket.CloseTryAgainLater {
		t.Errorf("the second spectator: %v", err)
	}
}

func TestLive_CloseCodeSaysWhyTheSocketEnded(t *testing.T) {
	s := mustServe(t, nil)
	s.hub.Open(info, entries)
	code := func(v *livetest.Viewer) int {
		for {
			if _, err := v.Next(); err != nil {
				var closed *websocket.CloseError
				if !errors.As(err, &closed) {
					t.Fatalf("got %v", err)
				}
				return closed.Code
			}
		}
	}
	if got := code(s.mustWatch(t, "/live/none")); got != 4404 {
		t.Errorf("an unknown race: %d", got)
	}
	if got := code(s.mustWatch(t, "/live/live?from=x")); got != 4400 {
		t.Errorf("a wrong from: %d", got)
	}
	watching := s.mustWatch(t, "/live/live")
	watching.MustSnapshot()
	s.hub.Close("live")
	if got := code(watching); got != 4404 {
		t.Errorf("a deleted race: %d", got)
	}
	s.hub.Open(info, entries)
	watching = s.mustWatch(t, "/live/live")
	watching.MustSnapshot()
	s.hub.Shutdown()
	if got := code(watching); got != 1001 {
		t.Errorf("a server that goes away: %d", got)
	}
}

func TestLive_CutsASpectatorThatStopsReadingWithoutDelayingOthers(t *testing.T) {
	s := mustServe(t, func(c *live.Config) { c.WriteTimeout = 200 * time.Millisecond })
	many := make([]race.Entry, 300)
	s.hub.Open(info, many)
	stuck := s.mustWatch(t, "/live/live")
	reading := s.mustWatch(t, "/live/live")
	reading.MustSnapshot()
	text := strings.Repeat("x", 1_000_000)
	deadline := time.Now().Add(patience)
	for n := 1; ; n++ {
		s.hub.Publish("live", []race.Facts{{Seq: race.Seq(n), Facts: []race.Fact{
			race.EventHappened{Event: race.Event{Value: int64(n), Text: text}},
		}}})
		if m, err := reading.Next(); err != nil {
			t.Fatalf("the reading spectator got %T, %v", m, err)
		}
		if s.metrics.Audience().Cut == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the spectator that does not read was never cut")
		}
	}
	_ = stuck
}

func BenchmarkHub_Publish(b *testing.B) {
	hub := live.NewHub(transport.Codec{}, nil)
	hub.Open(info, make([]race.Entry, 20))
	n := 0
	for b.Loop() {
		n++
		hub.Publish("live", []race.Facts{event(n)})
	}
}
