package drills

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fasthttp/websocket"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/archive"
	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// Times of a race in a server process.
const (
	lookEvery = 5 * time.Millisecond // at the race
	perStrike = 2 * time.Second      // of the race, so that a server that was killed is back before the next strike
	goesOn    = 10 * time.Second     // for a race to go on in a server that listens
	dialWait  = 2 * time.Second      // for a server that may be stopped
	readWait  = 3 * time.Second      // for a message; a server sends something every second
)

// outside runs the race of a scenario in a server process, which is struck from here. The other faults strike inside of it.
type outside struct {
	server  *childServer
	push    *socketPush
	in      *drill.Injector
	inside  *drill.Scenario
	id      race.ID
	strikes chan *drill.Fault
	run     *drill.Run
	trace   *drill.Trace // nil notes nothing
}

// runOutside runs the race in a server process under faults. undisturbed says how long it is.
func (t *Trial) runOutside(ctx context.Context, in *drill.Injector, undisturbed *drill.Run, trace *drill.Trace) (_ *drill.Run, err error) {
	dir, err := os.MkdirTemp("", "lightsout-drill-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	o := &outside{
		server: &childServer{db: filepath.Join(dir, "drill.db"), status: t.Status}, in: in, inside: t.Scenario.Inside(), strikes: make(chan *drill.Fault, 100),
		run: &drill.Run{Restarts: map[string]int64{}}, trace: trace,
	}
	defer o.server.kill(syscall.SIGTERM)
	if err := o.server.start(ctx); err != nil {
		return nil, err
	}
	length := time.Duration(undisturbed.Ticks) * time.Second / time.Duration(t.Scenario.Race.Order().TickHz)
	order := t.Scenario.Race.Order()
	order.Speed = max(1, float64(length)/float64(perStrike)/float64(max(1, t.Scenario.ServerStrikes(length))))
	if err := o.begin(ctx, order); err != nil {
		return nil, err
	}
	if in.Begin(); trace != nil {
		trace.Begin()
	}
	seen := watch(ctx, o.push, o.id, in.Reading)
	defer seen.leave()
	in.Surround(drill.Surroundings{Server: func(f *drill.Fault) { o.strikes <- f }, Join: seen.join})
	if err := o.watch(ctx, t.Patience, seen); err != nil {
		return nil, err
	}
	o.run.Spectators = seen.end(ctx, o.run.Ended == "")
	o.run.Restarts["server"] = int64(in.Recovery()["server"].Restart.Count)
	if err := o.listInside(ctx); err != nil {
		return nil, err
	}
	o.server.kill(syscall.SIGTERM)
	return o.run, o.read(ctx)
}

// begin orders the race, arms what strikes inside, and starts it.
func (o *outside) begin(ctx context.Context, order race.Order) error {
	var made struct{ ID race.ID }
	if err := o.server.ask(ctx, http.MethodPost, "/api/v1/races", map[string]any{
		"circuit": order.Circuit, "cars": order.Cars, "laps": order.Laps, "seed": order.Seed, "speed": order.Speed, "start": false,
	}, &made); err != nil {
		return err
	}
	o.id, o.push = made.ID, &socketPush{url: o.server.url}
	if err := o.arm(ctx); err != nil {
		return err
	}
	return o.server.ask(ctx, http.MethodPost, "/api/v1/races/"+string(o.id)+"/start", nil, nil)
}

// arm begins the drill inside, which ended with a server that was killed.
func (o *outside) arm(ctx context.Context) error {
	if len(o.inside.Faults) == 0 {
		return nil
	}
	return o.server.ask(ctx, http.MethodPost, "/api/v1/races/"+string(o.id)+"/drills", o.inside, nil)
}

// watch strikes the server as the race goes on, until spectators have seen its end or it has stood still for too long.
func (o *outside) watch(ctx context.Context, patience time.Duration, seen *audience) error {
	pace, last, since := drill.PaceOf(race.Race{TickHz: 1}), race.Tick(0), time.Now()
	for !seen.both[0].SeesEnd() {
		now := time.Now()
		if tick := race.Tick(o.push.newest.Load()); tick > last {
			last, since = tick, now
			pace.Commit(o.run, now)
			o.in.Reached(tick, now)
			if o.trace != nil {
				o.trace.Seen(tick)
			}
		}
		o.run.Aborted = o.in.Abort(o.run, &pace)
		if now.Sub(since) > patience {
			o.run.Ended = fmt.Sprintf("it stood still for %v after tick %d", patience, last)
		}
		if o.run.Ended = cmp.Or(o.run.Aborted, o.run.Ended); o.run.Ended != "" {
			pace.Still(o.run, now)
			return nil
		}
		select {
		case f := <-o.strikes:
			if err := o.strike(ctx, f); err != nil {
				return err
			}
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	o.run.Ticks = int(last)
	return nil
}

// strike kills the server and starts it again, or stops it for a while.
func (o *outside) strike(ctx context.Context, f *drill.Fault) error {
	if f.Server == "stop" {
		if err := o.server.signal(syscall.SIGSTOP); err != nil {
			return err
		}
		defer o.server.signal(syscall.SIGCONT) //nolint:errcheck // it is stopped, and not gone
		return sleep(ctx, time.Duration(f.For))
	}
	began := time.Now()
	o.server.kill(syscall.SIGKILL)
	if err := o.server.start(ctx); err != nil {
		return err
	}
	o.in.ServerRestarted(time.Since(began))
	return o.armAgain(ctx)
}

// armAgain arms what strikes inside as soon as the race goes on; it may also be over.
func (o *outside) armAgain(ctx context.Context) error {
	for began := time.Now(); ; {
		err := o.arm(ctx)
		if err == nil {
			return nil
		}
		var now struct{ Status string }
		switch asked := o.server.ask(ctx, http.MethodGet, "/api/v1/races/"+string(o.id), nil, &now); {
		case asked == nil && now.Status == race.Finished.String():
			return nil
		case time.Since(began) > goesOn:
			return err
		}
		if err := sleep(ctx, lookEvery); err != nil {
			return err
		}
	}
}

// listInside adds the strikes inside to those of the server.
func (o *outside) listInside(ctx context.Context) error {
	if len(o.inside.Faults) == 0 {
		return nil
	}
	var list struct {
		Drills []struct{ Injected int }
	}
	if err := o.server.ask(ctx, http.MethodGet, "/api/v1/races/"+string(o.id)+"/drills", nil, &list); err != nil {
		return err
	}
	for _, one := range list.Drills {
		o.run.Inside += one.Injected
	}
	return nil
}

// read reads what the server has left in its file.
func (o *outside) read(ctx context.Context) error {
	store, err := sqlite.OpenForReading(o.server.db, transport.Codec{})
	if err != nil {
		return fmt.Errorf("open what the server has left: %w", err)
	}
	defer store.Close() //nolint:errcheck // it was only read
	if o.run.Records, err = archive.AllRecords(ctx, store, o.id); err != nil {
		return err
	}
	if o.run.Result, err = store.Classification(ctx, o.id); err != nil {
		return fmt.Errorf("read the result back: %w", err)
	}
	summary, err := store.Summary(ctx, o.id)
	if err != nil {
		return fmt.Errorf("read the race back: %w", err)
	}
	o.run.Answers, err = drill.Ask(ctx, store, &summary.Race)
	return err
}

// socketPush is the live push of a server, over websockets.
type socketPush struct {
	url    string
	newest atomic.Int64 // tick that anybody was shown
}

// Follow is part of Push.
func (p *socketPush) Follow(ctx context.Context, id race.ID, after *race.Seq, take func(message []byte)) error {
	url := "ws" + p.url[len("http"):] + "/live/" + string(id)
	if after != nil {
		url += fmt.Sprintf("?from=%d", *after)
	}
	dialing, cancel := context.WithTimeout(ctx, dialWait)
	conn, res, err := websocket.DefaultDialer.DialContext(dialing, url, nil)
	cancel()
	if err != nil {
		return fmt.Errorf("watch the race: %w", err)
	}
	_ = res.Body.Close()
	defer conn.Close() //nolint:errcheck // it was only read
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	for {
		if err := conn.SetReadDeadline(time.Now().Add(readWait)); err != nil {
			return fmt.Errorf("watch the race: %w", err)
		}
		_, data, err := conn.ReadMessage()
		if err != nil {
			if closed := (*websocket.CloseError)(nil); errors.As(err, &closed) || errors.Is(err, io.EOF) || ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("watch the race: %w", err)
		}
		p.note(data)
		take(data)
	}
}

// note notes how far the race has come.
func (p *socketPush) note(message []byte) {
	m, err := transport.Decode(message)
	if err != nil {
		return // whoever takes it says so
	}
	tick := race.Tick(0)
	switch m := m.(type) {
	case *race.Frame:
		tick = m.Tick
	case *race.CarsFrame:
		tick = m.Tick
	}
	for {
		was := p.newest.Load()
		if int64(tick) <= was || p.newest.CompareAndSwap(was, int64(tick)) {
			return
		}
	}
}
