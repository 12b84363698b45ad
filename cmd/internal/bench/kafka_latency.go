package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fasthttp/websocket"

	"lightsout/race"
	"lightsout/transport"
)

// LatencyLoad is how long a passing takes: from the request to its answer, when it is durable and applied, and to a spectator.
type LatencyLoad struct {
	Form        string  `json:"form"` // "one process" or "roles"
	Passings    int     `json:"passings"`
	AckP50MS    float64 `json:"acknowledged_p50_ms"`
	AckP99MS    float64 `json:"acknowledged_p99_ms"`
	ShownP50MS  float64 `json:"spectator_p50_ms"`
	ShownP99MS  float64 `json:"spectator_p99_ms"`
	ack, shown  []time.Duration
	at          *process
	id          race.ID
	watch       *watcher
	notWatching func()
}

// latencyPause bounds the pause before a passing, which is random: a hub sends ten times a second, and passings are not to come in step.
const latencyPause = 200 * time.Millisecond

// latency reports passings to one process and to roles in turns, so that a slow moment of the machine is in both.
func (b *kafkaBench) latency(ctx context.Context, report *KafkaReport) error {
	fmt.Fprintln(b.status, "a passing until it is acknowledged and shown")
	return b.with(ctx, []string{"simulator", "processor", "gateway", "alone"}, func(f *fleet) error {
		loads := []*LatencyLoad{{Form: "one process", at: f.of("alone")}, {Form: "roles", at: f.of("gateway")}}
		for _, l := range loads {
			if err := l.open(ctx); err != nil {
				return err
			}
			defer l.notWatching()
		}
		for n := range max(20, 10*b.cfg.Seconds) {
			for _, l := range loads {
				if err := l.pass(ctx, n); err != nil {
					return err
				}
			}
		}
		for _, l := range loads {
			l.Passings = len(l.ack)
			slices.Sort(l.ack)
			slices.Sort(l.shown)
			l.AckP50MS, l.AckP99MS = percentileMS(l.ack, 0.5), percentileMS(l.ack, 0.99)
			l.ShownP50MS, l.ShownP99MS = percentileMS(l.shown, 0.5), percentileMS(l.shown, 0.99)
			report.Latency = append(report.Latency, *l)
		}
		return nil
	})
}

// external makes a race of real cars that has started.
func (p *process) external(ctx context.Context) (race.ID, error) {
	var entries strings.Builder
	for i := range benchCars {
		fmt.Fprintf(&entries, `,{"driver_number":%d}`, i+1)
	}
	var made struct{ ID race.ID }
	err := p.ask(ctx, http.MethodPost, "/api/v1/races", fmt.Appendf(nil,
		`{"kind":"external","name":"Benchmark","start":true,"rules":{"name":"kart","laps":10000},"entries":[%s]}`, entries.String()[1:]), &made)
	return made.ID, err
}

// pass reports the n-th passing of a race.
func (p *process) pass(ctx context.Context, id race.ID, n int) error {
	lap, car := n/benchCars+1, n%benchCars
	return p.ask(ctx, http.MethodPost, "/api/v1/races/"+string(id)+"/passings", fmt.Appendf(nil,
		`{"passings":[{"driver_number":%d,"time_us":%d,"decoder":"main","sequence":%d}]}`, car+1, lap*60_000_000+car*100_000, n), nil)
}

// open makes a race and watches it.
func (l *LatencyLoad) open(ctx context.Context) (err error) {
	if l.id, err = l.at.external(ctx); err != nil {
		return err
	}
	l.watch, l.notWatching, err = l.at.watch(ctx, l.id)
	if err != nil {
		return err
	}
	return sleep(ctx, time.Second) // what followed from the start was shown
}

func (l *LatencyLoad) pass(ctx context.Context, n int) error {
	if err := sleep(ctx, rand.N(latencyPause)); err != nil {
		return err
	}
	seen := l.watch.count()
	began := time.Now()
	if err := l.at.pass(ctx, l.id, n); err != nil {
		return err
	}
	l.ack = append(l.ack, time.Since(began))
	at, err := l.watch.after(ctx, seen)
	if err != nil {
		return fmt.Errorf("%s: the spectator has not seen passing %d: %w", l.Form, n, err)
	}
	l.shown = append(l.shown, at.Sub(began))
	return nil
}

// watcher is a spectator that notes when facts came, and pictures of the field.
type watcher struct {
	mu    sync.Mutex
	at    []time.Time
	shown []time.Time
	err   error
	moved chan struct{}
}

// watch connects a spectator to a race. stop disconnects it.
func (p *process) watch(ctx context.Context, id race.ID) (_ *watcher, stop func(), err error) {
	dialing, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	conn, res, err := websocket.DefaultDialer.DialContext(dialing, fmt.Sprintf("ws://%s/live/%s", p.addr, id), nil)
	if err != nil {
		return nil, nil, fmt.Errorf("watch race %s at %s: %w", id, p.name, err)
	}
	_ = res.Body.Close() // the connection is conn
	w := &watcher{moved: make(chan struct{}, 1)}
	go w.read(conn)
	return w, func() { _ = conn.Close() }, nil
}

func (w *watcher) read(conn *websocket.Conn) {
	for {
		_, data, err := conn.ReadMessage()
		now := time.Now()
		var m transport.Message
		if err == nil {
			m, err = transport.Decode(data)
		}
		w.mu.Lock()
		switch m.(type) {
		case *race.Facts:
			w.at = append(w.at, now)
		case *race.Frame:
			w.shown = append(w.shown, now)
		}
		w.err = err
		w.mu.Unlock()
		select {
		case w.moved <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (w *watcher) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.at)
}

// times are when pictures of the field came: one for each tick.
func (w *watcher) times() []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.shown)
}

// after waits for facts after the first n.
func (w *watcher) after(ctx context.Context, n int) (time.Time, error) {
	late := time.NewTimer(answerWait)
	defer late.Stop()
	for {
		w.mu.Lock()
		err := w.err
		if len(w.at) > n {
			defer w.mu.Unlock()
			return w.at[n], nil
		}
		w.mu.Unlock()
		if err != nil {
			return time.Time{}, err
		}
		select {
		case <-w.moved:
		case <-late.C:
			return time.Time{}, errors.New("nothing came in time")
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		}
	}
}
