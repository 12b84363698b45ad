package drill

import (
	"maps"
	"slices"
	"strconv"

	"lightsout/actors/supervise"
	"lightsout/race"
)

// Poisons reports whether the scenario loses cars on purpose.
func (s *Scenario) Poisons() bool {
	return slices.ContainsFunc(s.Faults, func(f Fault) bool { return f.Poison == "car" })
}

// poison notes that a car must be lost.
func (in *Injector) poison(at supervise.Strike) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.poisoned[at.ID] = true
}

func (in *Injector) poisonedCars() (cars []race.CarIdx) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(in.poisoned)) {
		if car, err := strconv.Atoi(id); err == nil {
			cars = append(cars, race.CarIdx(car))
		}
	}
	return cars
}

// poisoned checks what must become of poisoned cars: they are out of the race unless they had finished, and the race reached its end. All
// else is compared with the undisturbed race, which retires them in the same ticks.
func (v *Verdict) poisoned(in *Injector, r *Run) {
	out, retired, finished := 0, map[race.CarIdx]bool{}, map[race.CarIdx]bool{}
	for i := range r.Records {
		if b, ok := r.Records[i].Body.(race.CarRetired); ok {
			retired[b.Car] = true
		}
	}
	for i := range r.Result.Entries {
		finished[r.Result.Entries[i].Car] = r.Result.Entries[i].Status == race.StatusFinished
	}
	for _, car := range in.poisonedCars() {
		if retired[car] {
			out++
		} else {
			v.promise(finished[car], "car %d was poisoned and not retired", car)
		}
	}
	v.promise(out > 0, "no poisoned car was retired")
	ended := false
	if n := len(r.Records); n > 0 {
		_, ended = r.Records[n-1].Body.(race.Ended)
	}
	v.promise(ended, "the race did not come to its end")
}
