package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/drills"
	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// watching is a spectator that comes back whenever the server does, and asks for what came after what it has seen.
type watching struct {
	t     *testing.T
	url   string
	board race.Board
	seen  int // messages with facts
	back  int // times that it came back
}

// follow watches until the race has a result.
func (w *watching) follow() {
	for w.board.Result == nil {
		conn, _, err := websocket.DefaultDialer.Dial(fmt.Sprintf("%s?from=%d", w.url, w.board.Seq), nil)
		if err != nil { // the server is down
			time.Sleep(10 * time.Millisecond)
			continue
		}
		w.back++
		w.read(conn)
		_ = conn.Close()
	}
}

func (w *watching) read(conn *websocket.Conn) {
	for w.board.Result == nil {
		if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			w.t.Error(err)
			return
		}
		_, data, err := conn.ReadMessage()
		if err != nil {
			return
		}
		m, err := transport.Decode(data)
		if err != nil {
			w.t.Error(err)
			return
		}
		switch m := m.(type) {
		case *transport.Snapshot:
			if m.Board.Seq < w.board.Seq {
				w.t.Errorf("a snapshot of record %d after record %d was seen", m.Board.Seq, w.board.Seq)
			}
			w.board = m.Board
		case *race.Facts:
			if !w.board.Apply(m) {
				w.t.Errorf("facts up to record %d came again after record %d was seen", m.Seq, w.board.Seq)
			}
			w.seen++
		}
	}
}

func TestKill9_FiftyTimesWithIngestAndSpectatorsDoesNotChangeTheRace(t *testing.T) {
	t.Parallel()
	kills := 50
	if testing.Short() {
		kills = 8
	}
	// The race has a model and an entry of its own: a process that goes on must know them.
	const setup = `{"entries":[{"full_name":"Ada Lovelace","pace_s":0}],"model":{"pace":{"noise_s":0.9},"pit":{"stationary_min_s":3}}}`
	order := race.Order{Circuit: "kartwerk", Cars: 12, Laps: 12, Seed: 7, TickHz: 10, Setup: setup}
	start, err := drills.StartOf(order, "")
	if err != nil {
		t.Fatal(err)
	}
	undisturbed, err := drills.Run(t.Context(), start, drills.Bounds{Patience: drill.Patience})
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db")}
	p.start()
	id, _ := p.post("/api/v1/races", fmt.Sprintf(`{"circuit":"kartwerk","cars":12,"laps":12,"seed":7,"speed":%d,%s`, 1000/kills, setup[1:]))["id"].(string)
	external, _ := p.post("/api/v1/races", `{"kind":"external","name":"External","start":true,"rules":{"name":"kart","laps":10000},
		"entries":[{"driver_number":1},{"driver_number":2}]}`)["id"].(string)

	spectators := []*watching{}
	var working sync.WaitGroup
	for range 3 {
		w := &watching{t: t, url: strings.Replace(p.url, "http", "ws", 1) + "/live/" + id}
		spectators = append(spectators, w)
		working.Go(w.follow)
	}
	stop := make(chan struct{})
	sent := 0
	working.Go(func() { // a decoder that reports one passing after another and waits for each acknowledgement
		for ; ; sent++ {
			select {
			case <-stop:
				return
			default:
			}
			body := fmt.Sprintf(`{"driver_number":%d,"time_us":%d,"decoder":"d","sequence":%d}`, 1+sent%2, int64(sent/2+1)*20_000_000+int64(sent%2)*100_000, sent)
			p.send(request{path: "/api/v1/races/" + external + "/passings", body: []byte(body), kind: "application/json", items: 1})
		}
	})
	rng := rand.New(rand.NewPCG(1, 2))
	for range kills {
		time.Sleep(time.Duration(50+rng.IntN(350)) * time.Millisecond) // any moment
		p.end(syscall.SIGKILL)
		p.start()
	}
	close(stop)
	working.Wait()
	defer func() { t.Logf("%d kills, %d passings reported", kills, sent) }()

	var result struct {
		Classification []json.RawMessage
		StateHash      string `json:"state_hash"`
	}
	p.get("/api/v1/races/"+id+"/classification", &result)
	if result.StateHash != undisturbed.Result.StateHash {
		t.Errorf("the state hash is %s, undisturbed it is %s", result.StateHash, undisturbed.Result.StateHash)
	}
	fresh := &watching{t: t, url: strings.Replace(p.url, "http", "ws", 1) + "/live/" + id}
	fresh.follow()
	for i, w := range spectators {
		if diff := cmp.Diff(fresh.board, w.board, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("spectator %d, who came back %d times, sees another race:\n%.1500s", i, w.back, diff)
		}
	}
	p.end(syscall.SIGTERM)
	store, err := sqlite.Open(p.db, transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	rows, err := store.Passings(context.Background(), race.ID(external), 0, 10*sent, -1)
	if err != nil || len(rows) != sent {
		t.Errorf("%d hits are in the log, %d were acknowledged, %v", len(rows), sent, err)
	}
	for i, r := range rows {
		if r.Passing.Source.Sequence != uint64(i) || r.Verdict != race.Accepted {
			t.Fatalf("hit %d is %+v", i, r)
		}
	}
}
