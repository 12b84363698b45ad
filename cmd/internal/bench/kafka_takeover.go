package bench

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"time"

	"lightsout/race"
)

// Takeover is how long races stand still when one of two processes of a role ends.
type Takeover struct {
	Role  string `json:"role"`
	How   string `json:"how"` // "killed", "ended in order" or "undisturbed"
	Races int    `json:"races"`
	// Moved are races that stood still for longer than the longest silence of all races undisturbed.
	Moved int `json:"races_that_stood_still"`
	// Longest silence of each race: of a simulator, pictures at a spectator; of a processor, answers to a client that reports ten times a second.
	LeastMS float64 `json:"silence_least_ms"`
	P50MS   float64 `json:"silence_p50_ms"`
	MaxMS   float64 `json:"silence_max_ms"`
}

// The load of takeovers.
const (
	takeoverRaces  = 24
	takeoverPause  = 100 * time.Millisecond // between two passings of a race
	takeoverAfter  = 15 * time.Second       // how long silences are watched after a process has ended
	takeoverBefore = 5 * time.Second
)

// heard are the moments at which something new of a race was heard.
type heard interface{ times() []time.Time }

// reporter reports passings of one race, one after another, and notes when each was acknowledged.
type reporter struct {
	gateway *process
	id      race.ID
	mu      sync.Mutex
	at      []time.Time
}

func (r *reporter) report(ctx context.Context) {
	for n := 0; ctx.Err() == nil; {
		if r.gateway.pass(ctx, r.id, n) == nil { // an error is a silence; the same passing is sent again
			r.mu.Lock()
			r.at = append(r.at, time.Now())
			r.mu.Unlock()
			n++
		}
		_ = sleep(ctx, takeoverPause)
	}
}

// times are when passings were acknowledged.
func (r *reporter) times() []time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.at)
}

func (b *kafkaBench) takeover(ctx context.Context, report *KafkaReport) error {
	return b.with(ctx, []string{"simulator", "simulator", "processor", "processor", "gateway"}, func(f *fleet) error {
		gateway := f.of("gateway")
		ids, err := f.order(ctx, takeoverRaces, benchCars, 1)
		if err != nil {
			return err
		}
		var watched, reported []heard
		for _, id := range ids {
			w, stop, err := gateway.watch(ctx, id)
			if err != nil {
				return err
			}
			defer stop()
			watched = append(watched, w)
		}
		reporting, stop := context.WithCancel(ctx)
		var clients sync.WaitGroup
		defer clients.Wait()
		defer stop()
		for range takeoverRaces {
			id, err := gateway.external(ctx)
			if err != nil {
				return err
			}
			r := &reporter{gateway: gateway, id: id}
			reported = append(reported, r)
			clients.Go(func() { r.report(reporting) })
		}
		for _, of := range []struct {
			role  string
			races []heard
		}{{"simulator", watched}, {"processor", reported}} {
			got, err := f.takeovers(ctx, of.role, of.races)
			if err != nil {
				return err
			}
			report.Takeovers = append(report.Takeovers, got...)
		}
		return nil
	})
}

// takeovers kills the first process of a role, starts it again, and ends it in order.
func (f *fleet) takeovers(ctx context.Context, role string, races []heard) (out []Takeover, err error) {
	if err := sleep(ctx, settle); err != nil {
		return nil, err
	}
	from := time.Now()
	if err := sleep(ctx, takeoverBefore); err != nil {
		return nil, err
	}
	calm := Takeover{Role: role, How: "undisturbed", Races: len(races)}
	limit := calm.silences(races, from, 0)
	out = append(out, calm)
	p := f.of(role)
	for _, s := range []struct {
		how    string
		signal syscall.Signal
	}{{"killed", syscall.SIGKILL}, {"ended in order", syscall.SIGTERM}} {
		fmt.Fprintf(f.bench.status, "a %s is %s\n", role, s.how)
		from := time.Now()
		if err := p.end(s.signal); err != nil {
			return nil, err
		}
		if err := sleep(ctx, takeoverAfter); err != nil {
			return nil, err
		}
		t := Takeover{Role: role, How: s.how, Races: len(races)}
		t.silences(races, from, limit)
		out = append(out, t)
		if err := p.start(); err != nil {
			return nil, err
		}
		if err := p.ready(ctx); err != nil {
			return nil, err
		}
		if err := sleep(ctx, settle); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// silences finds the longest silence of each race since a moment, counts those above a limit, and returns the longest of all.
func (t *Takeover) silences(races []heard, from time.Time, limit time.Duration) time.Duration {
	var all []time.Duration
	for _, r := range races {
		last, most := from, time.Duration(0)
		for _, at := range append(r.times(), time.Now()) {
			if at.Before(from) {
				last = at
				continue
			}
			most, last = max(most, at.Sub(last)), at
		}
		all = append(all, most)
		if limit > 0 && most > limit {
			t.Moved++
		}
	}
	slices.Sort(all)
	t.LeastMS, t.P50MS, t.MaxMS = percentileMS(all, 0), percentileMS(all, 0.5), percentileMS(all, 1)
	return all[len(all)-1]
}
