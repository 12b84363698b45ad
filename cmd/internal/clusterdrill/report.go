package clusterdrill

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Limits of what is reported of the race of real cars.
const (
	reporters     = 2
	passingsEach  = 20 // of a request
	externalCars  = 20
	externalLapUS = 60_000_000
)

// external is a race of real cars, of which clients report.
type external struct {
	fleet    *fleet
	id       string
	passings int
	pause    time.Duration // between two requests of a client

	mu    sync.Mutex
	acked int
	again int             // requests that were answered as repeated
	took  []time.Duration // of each request, with all that was sent again
}

// order makes the race.
func (e *external) order(ctx context.Context) error {
	var entries strings.Builder
	for i := range externalCars {
		fmt.Fprintf(&entries, `,{"driver_number":%d}`, i+1)
	}
	var made struct{ ID string }
	err := e.fleet.insist(ctx, http.MethodPost, "/api/v1/races", fmt.Appendf(nil,
		`{"kind":"external","name":"Real cars","start":true,"rules":{"name":"kart","laps":10000},"entries":[%s]}`, entries.String()[1:]), &made)
	e.id = made.ID
	return err
}

// report reports all passings. Each client goes on when its request was acknowledged, at whichever gateway; the key makes a repeat harmless.
func (e *external) report(ctx context.Context) error {
	var all sync.WaitGroup
	errs := make([]error, reporters)
	for client := range reporters {
		all.Go(func() {
			for n := client * passingsEach; n < e.passings && errs[client] == nil; n += reporters * passingsEach {
				errs[client] = e.send(ctx, n)
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// send reports the passings from the n-th on.
func (e *external) send(ctx context.Context, n int) error {
	last := min(n+passingsEach, e.passings)
	var body strings.Builder
	for i := n; i < last; i++ {
		car, lap := i%externalCars, i/externalCars
		fmt.Fprintf(&body, `,{"driver_number":%d,"time_us":%d,"decoder":"D%d","sequence":%d}`, car+1, (lap+1)*externalLapUS+car*100_000, (n/passingsEach)%reporters, i)
	}
	var answer struct {
		Accepted, Repeated, Rejected int
		Replayed                     bool
	}
	began := time.Now()
	if err := e.fleet.insist(ctx, http.MethodPost, "/api/v1/races/"+e.id+"/passings", fmt.Appendf(nil, `{"passings":[%s]}`, body.String()[1:]), &answer,
		"Idempotency-Key", fmt.Sprintf("drill-%d", n)); err != nil {
		return fmt.Errorf("report passings: %w", err)
	}
	e.note(time.Since(began), answer.Accepted, answer.Replayed)
	if answer.Accepted != last-n {
		return fmt.Errorf("of %d passings from number %d on %d were accepted, %d taken for repeats, %d rejected", last-n, n, answer.Accepted, answer.Repeated, answer.Rejected)
	}
	return sleep(ctx, e.pause)
}

func (e *external) note(took time.Duration, accepted int, again bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.acked, e.took = e.acked+accepted, append(e.took, took)
	if again {
		e.again++
	}
}
