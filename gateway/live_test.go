package gateway_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"lightsout/gateway"
	"lightsout/race"
	"lightsout/transport"
)

var head = race.Race{ID: "live", Name: "Live", Cars: 2, Rules: race.F1(3), Lines: []race.Line{{Kind: race.LineFinish}}}

// event is a fact that can be told from all others by its number.
func event(n int) race.Facts {
	return race.Facts{Seq: race.Seq(n), Time: race.Micros(n), Facts: []race.Fact{
		race.EventHappened{Event: race.Event{Kind: race.EventPenalty, Value: int64(n)}},
	}}
}

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

// next is the next message but pulses and frames, which come when they come.
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

func TestLive_SnapshotAndFactsHoldEachFactOnceUnderConcurrentPublishing(t *testing.T) {
	s := mustServe(t, nil)
	s.hub.Open(head, s.entries)
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
			m, err := v.next()
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
				m, err := v.next()
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

func TestLive_ResumesAfterAnyRecordWithoutGapOrRepeat(t *testing.T) {
	s := mustServe(t, nil)
	s.hub.Open(head, s.entries)
	for n := 1; n <= 30; n += 5 {
		s.hub.Publish("live", []race.Facts{event(n), event(n + 1), event(n + 2), event(n + 3), event(n + 4)})
	}
	s.hub.Publish("live", []race.Facts{event(28), event(29), event(30)}) // told again by a publisher's next life
	for from := range 30 {
		v := s.mustWatch(t, fmt.Sprintf("/live/live?from=%d", from))
		for want := from + 1; want <= 30; {
			m, err := v.next()
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

func TestLive_FromBeyondWhatIsKnownGivesASnapshot(t *testing.T) {
	s := mustServe(t, nil)
	s.hub.Open(head, s.entries)
	for n := 1; n <= 5000; n++ { // more than the ring keeps
		s.hub.Publish("live", []race.Facts{event(n)})
	}
	for _, from := range []string{"0", "100", "9999999"} {
		if got := s.mustWatch(t, "/live/live?from="+from).mustSnapshot(); got.Board.Seq != 5000 {
			t.Errorf("from %s: a snapshot of %d", from, got.Board.Seq)
		}
	}
}

func TestLive_RaceThatIsOverIsShownFromTheStore(t *testing.T) {
	s := mustServe(t, nil)
	got := s.mustWatch(t, "/live/r1").mustSnapshot()
	if got.Board.Seq != 6 || got.Race.Name != "First" || len(got.Entries) != 2 {
		t.Errorf("got %+v", got)
	}
}

func TestLive_ClosesWithACodeThatSaysWhy(t *testing.T) {
	s := mustServe(t, nil)
	s.hub.Open(head, s.entries)
	code := func(v *viewer) int {
		for {
			if _, err := v.next(); err != nil {
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
	watching.mustSnapshot()
	s.hub.Close("live")
	if got := code(watching); got != 4404 {
		t.Errorf("a deleted race: %d", got)
	}
	s.hub.Open(head, s.entries)
	watching = s.mustWatch(t, "/live/live")
	watching.mustSnapshot()
	s.hub.Shutdown()
	if got := code(watching); got != 1001 {
		t.Errorf("a server that goes away: %d", got)
	}
}

func TestLive_SpectatorThatStopsReadingIsCutAndNobodyWaitsForIt(t *testing.T) {
	s := mustServe(t, func(c *gateway.Config) { c.WriteTimeout = 200 * time.Millisecond })
	many := make([]race.Entry, 300)
	s.hub.Open(head, many)
	stuck := s.mustWatch(t, "/live/live")
	reading := s.mustWatch(t, "/live/live")
	reading.mustSnapshot()
	text := strings.Repeat("x", 1_000_000)
	deadline := time.Now().Add(patience)
	for n := 1; ; n++ {
		s.hub.Publish("live", []race.Facts{{Seq: race.Seq(n), Facts: []race.Fact{
			race.EventHappened{Event: race.Event{Value: int64(n), Text: text}},
		}}})
		if m, err := reading.next(); err != nil {
			t.Fatalf("the one that reads got %T, %v", m, err)
		}
		_, _, metrics := s.ask(t, "GET", "/metrics", "")
		if strings.Contains(metrics, "lightsout_gateway_spectators_cut_total 1") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the one that does not read was never cut")
		}
	}
	_ = stuck
}

func TestLive_PagesOfOtherHostsMayNotWatch(t *testing.T) {
	s := mustServe(t, nil)
	s.hub.Open(head, s.entries)
	_, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.url, "http")+"/live/live", http.Header{"Origin": {"http://evil.example"}})
	if err == nil || res == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("got %v", err)
	}
}

func BenchmarkHub_Publish(b *testing.B) {
	hub := gateway.NewHub(transport.Codec{}, nil)
	hub.Open(head, make([]race.Entry, 20))
	n := 0
	for b.Loop() {
		n++
		hub.Publish("live", []race.Facts{event(n)})
	}
}
