//go:build unix

package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lightsout/cmd/internal/archive"
	"lightsout/race"
	"lightsout/race/timing"
	"lightsout/transport"
)

// witness is a spectator behind nginx that writes down what it is shown.
type witness struct {
	t     *testing.T
	url   string
	first race.Seq // of the snapshot that it began with
	board race.Board
	shown shown
	seq   atomic.Uint64
	// Counted are connections, and those that were refused while a gateway was away.
	joined, refused int
}

// follow watches until the race has a result.
func (w *witness) follow() {
	for w.board.Result == nil {
		url := w.url
		if w.joined > 0 {
			url += fmt.Sprintf("?from=%d", w.board.Seq)
		}
		conn, _, err := websocket.DefaultDialer.Dial(url, nil)
		if err != nil {
			w.refused++
			time.Sleep(10 * time.Millisecond) // as a page does, which waits longer
			continue
		}
		w.joined++
		w.read(conn)
		_ = conn.Close()
	}
}

func (w *witness) read(conn *websocket.Conn) {
	for w.board.Result == nil {
		if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			w.t.Error(err)
			return
		}
		_, data, err := conn.ReadMessage()
		if err != nil {
			w.t.Logf("after record %d: %v", w.board.Seq, err)
			return
		}
		m, err := transport.Decode(data)
		if err != nil {
			w.t.Error(err)
			return
		}
		switch m := m.(type) {
		case *transport.Snapshot:
			if w.board.Seq > 0 {
				w.t.Errorf("a snapshot of record %d came after record %d was seen", m.Board.Seq, w.board.Seq)
			} else {
				w.first = m.Board.Seq
			}
			w.board = m.Board
		case *race.Facts:
			if !w.board.Apply(m) {
				w.t.Errorf("facts up to record %d came again after record %d was seen", m.Seq, w.board.Seq)
			}
			w.shown.take(m.Facts)
		}
		w.seq.Store(uint64(w.board.Seq))
	}
}

// shown are the events of a race, as often as they were shown, and its laps as they were shown last: a lap that a car of the same tick
// moves is shown again, as often as the server looked at that tick.
type shown struct {
	Events []race.Event
	Laps   map[[2]int]race.Lap // by car and number
}

func (s *shown) take(facts []race.Fact) {
	for _, f := range facts {
		switch f := f.(type) {
		case race.EventHappened:
			s.Events = append(s.Events, f.Event)
		case race.LapCompleted:
			if s.Laps == nil {
				s.Laps = map[[2]int]race.Lap{}
			}
			s.Laps[[2]int{int(f.Lap.Car), f.Lap.Number}] = f.Lap
		}
	}
}

// mustReach waits until the witness has seen a record.
func (w *witness) mustReach(seq uint64) {
	w.t.Helper()
	for until := time.Now().Add(patience); w.seq.Load() < seq; time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			w.t.Fatalf("the spectator has seen %d records, not %d", w.seq.Load(), seq)
		}
	}
}

// mustServe returns the gateway that serves the only spectator, and the other one.
func (h *house) mustServe() (serving, other *process) {
	h.t.Helper()
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(time.Millisecond) {
		serving, other = nil, nil
		for _, p := range h.gateways {
			_, metrics := fetch(h.t, "GET", p.url+"/metrics", "")
			if m := regexp.MustCompile(`(?m)^lightsout_gateway_spectators (\d+)`).FindStringSubmatch(metrics); m != nil && m[1] == "1" {
				serving = p
			} else {
				other = p
			}
		}
		if serving != nil && other != nil {
			return serving, other
		}
	}
	h.t.Fatal("no gateway has the spectator")
	return nil, nil
}

// TestCluster_SpectatorSeesEachFactOnceWhenItsGatewayIsKilled: the other gateway is behind what the spectator has seen, for it was stopped.
func TestCluster_SpectatorSeesEachFactOnceWhenItsGatewayIsKilled(t *testing.T) {
	t.Parallel()
	long(t)
	h := mustHouse(t)
	id, _ := h.mustCreate(`{"circuit":"kartwerk","cars":12,"laps":20,"seed":7,"speed":50}`)
	for _, p := range h.gateways { // a gateway that does not know the race yet closes with 4404, and a client would not come back
		p.mustKnow(id)
	}
	w := &witness{t: t, url: "ws" + strings.TrimPrefix(h.origin, "http") + "/live/" + id}
	var watching sync.WaitGroup
	watching.Go(w.follow)
	defer watching.Wait()
	for range 2 {
		w.mustReach(w.seq.Load() + 50)
		serving, other := h.mustServe()
		if err := other.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		w.mustReach(w.seq.Load() + 50)
		serving.end(syscall.SIGKILL)
		seen := w.seq.Load()
		if err := other.cmd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		w.mustReach(seen + 1)
		serving.start()
		serving.mustBeReady()
	}
	watching.Wait()
	t.Logf("the spectator joined %d times and was refused %d times", w.joined, w.refused)
	if w.joined < 3 {
		t.Errorf("the spectator was cut %d times, expected 2", w.joined-1)
	}
	if diff := cmp.Diff(h.published(id, w.first), w.shown, cmpopts.SortSlices(func(a, b race.Event) bool { return race.CompareEvents(a, b) < 0 })); diff != "" {
		t.Errorf("the spectator was not shown each event once and each lap:\n%.3000s", diff)
	}
}

// published is what follows from the log after a record, folded from a gateway's copy.
func (h *house) published(id string, after race.Seq) (out shown) {
	h.t.Helper()
	p := slices.Collect(maps.Values(h.gateways))[0]
	p.end(syscall.SIGTERM)
	defer p.start()
	store := mustStore(h.t, p.db)
	defer store.Close()
	state := timing.New()
	for r, err := range archive.Records(h.t.Context(), store, race.ID(id)) {
		if err != nil {
			h.t.Fatal(err)
		}
		facts, err := state.Fold(r, false)
		if err != nil {
			h.t.Fatal(err)
		}
		if r.Seq > after {
			out.take(facts.Facts)
		}
	}
	if len(out.Laps) < 12*20 || len(out.Events) < 3 {
		h.t.Errorf("only %d laps and %d events were published", len(out.Laps), len(out.Events))
	}
	return out
}
