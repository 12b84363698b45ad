package races

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"time"

	"lightsout/race"
)

// CarsMax is the default bound on the cars of all races that are not over.
const CarsMax = 200_000

// register knows the running simulations and the number of cars.
type register struct {
	carsMax int
	awaited func(context.Context) (int, error) // cars of the stored races that are not over

	mu         sync.Mutex
	over       map[race.ID]chan struct{} // of the simulations that run; closed at their end
	carsMaking int                       // of races that are being made
}

// chanceLength is the number of letters of chance in an id: 40 bits.
const chanceLength = 8

// newID makes an id of a key, the second and chance. The ids of a key sort by time, and no two processes make the same one.
func newID(key string) race.ID {
	chance := strings.ToLower(rand.Text()[:chanceLength])
	return race.ID(fmt.Sprintf("%s-%s-%s", key, time.Now().UTC().Format("20060102-150405"), chance))
}

// reserve reserves cars for a race that is being made; call release once the race is stored or has failed.
func (r *register) reserve(ctx context.Context, cars int) (release func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	there, err := r.awaited(ctx)
	if err != nil {
		return nil, err
	}
	if left := r.carsMax - there - r.carsMaking; cars > left {
		return nil, &race.InvalidError{Faults: []race.Fault{{
			Field: "cars", Message: fmt.Sprintf("is %d, and races that are not over have %d", cars, there+r.carsMaking),
			Allowed: fmt.Sprintf("%d more, or until one is over or deleted (--max-cars %d)", max(0, left), r.carsMax),
		}}}
	}
	r.carsMaking += cars
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.carsMaking -= cars
	}, nil
}

// begin registers a simulation; false if it is registered already.
func (r *register) begin(id race.ID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over[id] != nil {
		return false
	}
	r.over[id] = make(chan struct{})
	return true
}

func (r *register) end(id race.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if done := r.over[id]; done != nil {
		close(done)
		delete(r.over, id)
	}
}

// running is closed when the simulation ends; nil if it does not run.
func (r *register) running(id race.ID) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if done := r.over[id]; done != nil {
		return done
	}
	return nil
}
