package influx_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"lightsout/race"
	"lightsout/race/timing"
	"lightsout/storage/influx"
)

func TestFeed_EachPointIsAcknowledgedOnceHoweverOftenItsActorDies(t *testing.T) {
	s, m := shared(t), newMemory()
	c := &course{id: race.ID(newID("dies")), cars: 30, laps: 50, lapTime: 3 * race.Second, startAt: time.Now()}
	cfg, acked := counting(s, c.id)
	f := newFeed(t, cfg, m)
	defer f.Close()
	end := c.live(m, 30)
	over := make(chan struct{})
	asked := 0
	var driven sync.WaitGroup
	driven.Go(func() { // every incarnation dies right after its call, and the next one calls at once
		for rng := rand.New(rand.NewPCG(1, 2)); ; asked++ {
			select {
			case <-over:
				return
			default:
				f.Next(func(bool, error) {})
				time.Sleep(time.Duration(rng.IntN(200)) * time.Microsecond)
			}
		}
	})
	await(t, "ten moves of the cursor during the race", func() bool { return m.moved() >= 10 })
	end()
	fed(t, m, 30*time.Second)
	close(over)
	driven.Wait()
	t.Logf("%d incarnations, the cursor moved %d times", asked, m.moved())
	if asked < 1000 {
		t.Errorf("only %d incarnations called Next", asked)
	}
	once(t, s, m, acked)
}

func TestFeed_SendsWhatWasReadEvenIfNextIsNotCalledAgain(t *testing.T) {
	s, m := shared(t), newMemory()
	c := &course{id: race.ID(newID("last")), cars: 3, laps: 2, lapTime: 2 * race.Second, startAt: time.Now().Add(-time.Hour)}
	c.run(m)
	if c.ticks() > 100 {
		t.Fatalf("%d ticks are more than a stretch", c.ticks())
	}
	f := newFeed(t, s.config(), m)
	defer f.Close()
	pass(f)
	fed(t, m, 30*time.Second)
	same(t, "after one stretch", s.counts(t, c.id), expected(m, c.id))
}

func TestFeed_EachPointIsAcknowledgedOnceEvenIfTheLogFailsAtRandom(t *testing.T) {
	s, m := shared(t), newMemory()
	c := &course{id: race.ID(newID("fails")), cars: 20, laps: 60, lapTime: 3 * race.Second, startAt: time.Now().Add(-time.Hour)}
	c.run(m)
	cfg, acked := counting(s, c.id)
	cfg.RetryFirst, cfg.MaxRetry = time.Millisecond, 5*time.Millisecond
	log, rng, failed := &failing{memory: m}, rand.New(rand.NewPCG(3, 4)), 0
	fail := func(string) error {
		if rng.IntN(4) > 0 {
			return nil
		}
		failed++
		return errors.New("the disk fails")
	}
	log.failRead(fail)
	log.failMove(func(context.Context, race.ID) error { return log.reading("move") })
	f := newFeed(t, cfg, log)
	defer f.Close()
	defer drive(f)()
	fed(t, m, 30*time.Second)
	log.failRead(nil)
	if failed < 20 {
		t.Errorf("only %d calls failed", failed)
	}
	once(t, s, m, acked)
}

func TestFeed_StopsReadingWhenTheCursorIsTooFarBehind(t *testing.T) {
	s, m := shared(t), newMemory()
	c := &course{id: race.ID(newID("ahead")), cars: 4, laps: 500, lapTime: 3 * race.Second, startAt: time.Now().Add(-time.Hour)}
	cfg, acked := counting(s, c.id)
	log := &failing{memory: m}
	log.failMove(func(context.Context, race.ID) error { return errors.New("the disk is full") })
	f := newFeed(t, cfg, log)
	defer f.Close()
	m.add(c.id, c.head(race.Simulation), nil)
	for n := range influx.AheadMost + 100 {
		records, frame := c.tick(n + 1)
		m.add(c.id, records, frame)
		pass(f) // a tick is a stretch
	}
	most := influx.AheadMost * c.cars
	await(t, "all acknowledged that was read", func() bool { return acked.Of("telemetry") >= most })
	for range 10 {
		pass(f)
	}
	if n := acked.Of("telemetry"); n != most || m.moved() != 0 {
		t.Errorf("%d points of telemetry are ahead, want %d; the cursor moved %d times", n, most, m.moved())
	}
	log.failMove(nil)
	defer drive(f)()
	fed(t, m, 30*time.Second)
	once(t, s, m, acked)
}

func TestFeed_StartsNoMoreRacesWhileNoCursorMoves(t *testing.T) {
	s, m := shared(t), newMemory()
	cfg := s.config()
	cfg.RetryFirst, cfg.MaxRetry = time.Millisecond, 10*time.Millisecond
	log := &failing{memory: m}
	log.failMove(func(context.Context, race.ID) error { return errors.New("the disk is full") })
	f := newFeed(t, cfg, log)
	defer f.Close()
	begun := func() bool { // one more race
		c := &course{id: race.ID(newID("more")), cars: 1, laps: 1, lapTime: race.Second, startAt: time.Now().Add(-time.Hour)}
		c.run(m)
		pass(f)
		return log.wasRead(c.id)
	}
	for range influx.BehindMost {
		begun()
	}
	await(t, "a race that is not started", func() bool { return !begun() })
	if begun() || m.moved() > 0 {
		t.Errorf("another race was started, %d cursors moved", m.moved())
	}
	log.failMove(nil)
	defer drive(f)()
	fed(t, m, 30*time.Second)
}

func TestFeed_RaceWhoseCursorCannotMoveDoesNotBlockOthers(t *testing.T) {
	s, m := shared(t), newMemory()
	var all []*course
	for range 3 {
		c := &course{id: race.ID(newID("stuck")), cars: 4, laps: 3, lapTime: 3 * race.Second, startAt: time.Now().Add(-time.Hour)}
		c.run(m)
		all = append(all, c)
	}
	log, stuck := &failing{memory: m}, all[1].id
	log.failMove(func(_ context.Context, id race.ID) error {
		if id == stuck {
			return errors.New("this row is damaged")
		}
		return nil
	})
	f := newFeed(t, s.config(), log)
	defer f.Close()
	defer drive(f)()
	await(t, "the others fed", func() bool {
		left, _ := m.Unfed(context.Background(), "")
		return len(left) == 1 && left[0] == stuck
	})
	log.failMove(nil)
	fed(t, m, 30*time.Second)
}

func TestFeed_PanicInOneRaceDoesNotBlockOthers(t *testing.T) {
	s, m := shared(t), newMemory()
	bad := &course{id: race.ID(newID("panics")), cars: 4, laps: 3, lapTime: 3 * race.Second, startAt: time.Now().Add(-time.Hour)}
	good := &course{id: race.ID(newID("beside")), cars: 4, laps: 3, lapTime: 3 * race.Second, startAt: time.Now().Add(-time.Hour)}
	bad.run(m)
	good.run(m)
	cfg, acked := counting(s, bad.id)
	cfg.RetryFirst, cfg.MaxRetry = time.Millisecond, 5*time.Millisecond
	const at = 20 // of the records of the bad race
	broken := rules
	broken.Fold = func() influx.Fold { return &panicking{State: timing.New(), race: bad.id, at: at} }
	f, err := influx.New(cfg, broken, m)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	defer drive(f)()
	await(t, "the other fed", func() bool { m.mu.Lock(); defer m.mu.Unlock(); return !m.unfed(good.id) })
	await(t, "the cursor before the record", func() bool { return m.cursor(bad.id).Seq == at-1 })
	same(t, "beside a race that panics", s.counts(t, good.id), expected(m, good.id))
	for line, n := range acked.Lines() {
		if n != 1 {
			t.Fatalf("acknowledged %d times: %s", n, line)
		}
	}
}

// panicking is a rulebook that panics on a record.
type panicking struct {
	*timing.State
	race race.ID
	is   bool
	at   race.Seq
}

func (p *panicking) Fold(r *race.Record, more bool) (race.Facts, error) {
	if a, ok := r.Body.(race.Announced); ok {
		p.is = a.Race.ID == p.race
	}
	if p.is && r.Seq == p.at {
		panic("no rule for this")
	}
	return p.State.Fold(r, more)
}

func TestFeed_RaceThatReusesAnIDInFlightIsFedCompletely(t *testing.T) {
	s := shared(t)
	for name, failsFirst := range map[string]bool{"before the cursor moves": true, "while the cursor moves": false} {
		t.Run(name, func(t *testing.T) {
			m, successor := newMemory(), newMemory()
			first := &course{id: race.ID(newID("heir")), cars: 5, laps: 3, lapTime: 3 * race.Second, startAt: time.Now().Add(-2 * time.Hour)}
			first.run(m)
			second := &course{id: first.id, cars: 4, laps: 4, lapTime: 4 * race.Second, startAt: time.Now().Add(-time.Hour)}
			second.run(successor)
			cfg, acked := counting(s, first.id)
			log := &failing{memory: m}
			log.failMove(func(context.Context, race.ID) error {
				if m.succeed(successor, first.id); failsFirst {
					log.failMove(nil)
					return errors.New("not now")
				}
				return nil
			})
			f := newFeed(t, cfg, log)
			defer f.Close()
			defer drive(f)()
			fed(t, m, 30*time.Second)
			whole(t, s, acked, successor)
		})
	}
}

func TestFeed_RaceThatReusesTheIDOfAnUnreadableOneIsFedCompletely(t *testing.T) {
	s, m, successor := shared(t), newMemory(), newMemory()
	first := &course{id: race.ID(newID("unread")), cars: 5, laps: 3, lapTime: 3 * race.Second, startAt: time.Now().Add(-2 * time.Hour)}
	first.run(m)
	second := &course{id: first.id, cars: 4, laps: 4, lapTime: 4 * race.Second, startAt: time.Now().Add(-time.Hour)}
	second.run(successor)
	cfg, acked := counting(s, first.id)
	cfg.RetryFirst, cfg.MaxRetry = time.Hour, time.Hour // only Close moves the cursor again
	log, unread := &failing{memory: m}, make(chan struct{})
	var once sync.Once
	log.failMove(func(context.Context, race.ID) error {
		m.succeed(successor, first.id)
		log.failMove(nil)
		log.failRead(func(what string) error {
			if what != "records" {
				return nil
			}
			once.Do(func() { close(unread) })
			return errors.New("the page is damaged")
		})
		return errors.New("not now")
	})
	f := newFeed(t, cfg, log)
	stop := drive(f)
	<-unread
	stop()
	log.failRead(nil)
	f.Close()
	f = newFeed(t, cfg, m)
	defer f.Close()
	defer drive(f)()
	fed(t, m, 30*time.Second)
	whole(t, s, acked, successor)
}
