package influx_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"lightsout/race"
	"lightsout/storage/influx"
)

func TestFeed_CloseWaitsForRequestsInFlight(t *testing.T) {
	s, m := shared(t), newMemory()
	c := &course{id: race.ID(newID("waits")), cars: 3, laps: 2, lapTime: 2 * race.Second, startAt: time.Now().Add(-time.Hour)}
	c.run(m)
	p, arrived := before(t, s), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		p.ServeHTTP(answer, r)
		if r.Method == http.MethodGet { // a question about the bucket
			w.WriteHeader(http.StatusNotFound)
			return
		}
		close(arrived)
		time.Sleep(100 * time.Millisecond) // meanwhile Close is called
		w.WriteHeader(answer.Code)
	}))
	defer slow.Close()
	cfg := s.config()
	cfg.URL, cfg.Lanes = slow.URL, 1
	f := newFeed(t, cfg, m)
	pass(f)
	<-arrived
	f.Close()
	fed(t, m, 0)
	same(t, "after one request", s.counts(t, c.id), expected(m, c.id))
}

func TestFeed_CloseMovesTheCursorToTheLastAcknowledgement(t *testing.T) {
	s, m := shared(t), newMemory()
	c := &course{id: race.ID(newID("close")), cars: 5, laps: 5, lapTime: 3 * race.Second, startAt: time.Now().Add(-time.Hour)}
	c.run(m)
	cfg, acked := counting(s, c.id)
	cfg.RetryFirst, cfg.MaxRetry = time.Hour, time.Hour // the first move fails, so only Close can move the cursor
	log := &failing{memory: m}
	failed := make(chan struct{})
	log.failMove(func(context.Context, race.ID) error {
		log.failMove(nil)
		close(failed)
		return errors.New("not now")
	})
	f := newFeed(t, cfg, log)
	stop := drive(f)
	want := expected(m, c.id)
	await(t, "all acknowledged", func() bool { return f.Stats().PointsWritten >= int64(sum(want)) })
	<-failed
	if m.moved() != 0 {
		t.Fatal("the cursor moved before Close")
	}
	stop()
	f.Close()
	fed(t, m, 0)
	once(t, s, m, acked)
}

func TestFeed_CloseAbortsCallsThatHang(t *testing.T) {
	s := shared(t)
	begin := func(t *testing.T, cfg influx.Config, log *failing, hangs <-chan struct{}) {
		t.Helper()
		c := &course{id: race.ID(newID("hangs")), cars: 5, laps: 5, lapTime: 3 * race.Second, startAt: time.Now().Add(-time.Hour)}
		c.run(log.memory)
		f := newFeed(t, cfg, log)
		stop := drive(f)
		<-hangs
		stop()
		f.Close() // returns, although a call hangs
		if n := log.moved(); n != 0 {
			t.Errorf("the cursor moved %d times", n)
		}
		f = newFeed(t, s.config(), log.memory)
		defer f.Close()
		defer drive(f)()
		fed(t, log.memory, 30*time.Second)
		same(t, "after it hung", s.counts(t, c.id), expected(log.memory, c.id))
	}
	t.Run("the store", func(t *testing.T) {
		t.Parallel()
		log, hangs := &failing{memory: newMemory()}, make(chan struct{})
		var once sync.Once
		log.failMove(func(ctx context.Context, _ race.ID) error {
			once.Do(func() { close(hangs) })
			<-ctx.Done()
			return ctx.Err()
		})
		begin(t, s.config(), log, hangs)
	})
	t.Run("the server", func(t *testing.T) {
		t.Parallel()
		hangs := make(chan struct{})
		var once sync.Once
		deaf := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // otherwise the server does not notice that the client disconnects
			once.Do(func() { close(hangs) })
			<-r.Context().Done()
		}))
		defer deaf.Close()
		cfg := s.config()
		cfg.URL = deaf.URL
		begin(t, cfg, &failing{memory: newMemory()}, hangs)
	})
}
