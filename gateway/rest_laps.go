package gateway

import (
	"errors"
	"fmt"
	"slices"

	"lightsout/race/view"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
)

// maxLaps bounds the laps of an answer, which is made in memory.
const maxLaps = 200_000

// lapFilter selects laps.
type lapFilter struct {
	cars     []race.CarIdx // nil: all
	from, to int64
	position int64 // 0: any
}

func (s *Server) laps(c *fiber.Ctx) error {
	params, err := query(c, "driver_number", "cars", "position", "from_lap", "to_lap")
	if err != nil {
		return err
	}
	entries, err := s.entriesOf(c, raceID(c))
	if err != nil {
		return err
	}
	var f lapFilter
	driver, err := number(params, "driver_number", 0, 1_000_000, -1)
	if err != nil {
		return err
	}
	if f.position, err = number(params, "position", 1, race.CarsMax, 0); err != nil {
		return err
	}
	if f.from, err = number(params, "from_lap", 1, race.LapsMax, 1); err != nil {
		return err
	}
	if f.to, err = number(params, "to_lap", 1, race.LapsMax, race.LapsMax); err != nil {
		return err
	}
	if text := params["cars"]; text != "" {
		var wrong faults
		if f.cars = readCars(text, race.NewRoster(race.Summary{}, entries, 0), maxTracedCars, &wrong); wrong != nil {
			return wrong.err()
		}
	}
	if driver >= 0 {
		car, err := carOf(raceID(c), entries, driver)
		if err != nil {
			return err
		}
		f.cars = append(f.cars, car)
	}
	c.SetUserContext(race.Within(c.UserContext(), race.NewBudget(0, maxLaps*race.RowCost)))
	list, err := s.lapsOf(c, raceID(c), entries, f)
	if errors.Is(err, race.ErrTooMuch) {
		return fmt.Errorf("%w: the race has more than %d laps, ask for those of one driver_number, or for the table laps of its export", err, maxLaps)
	}
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"laps": list})
}

// carOf finds a car by its number.
func carOf(id race.ID, entries []race.Entry, driver int64) (race.CarIdx, error) {
	at := slices.IndexFunc(entries, func(e race.Entry) bool { return int64(e.Number) == driver })
	if at < 0 {
		return race.NoCar, fmt.Errorf("car %d in race %s: %w", driver, id, race.ErrNotFound)
	}
	return race.CarIdx(at), nil
}

// lapsOf returns the selected laps, by end time.
func (s *Server) lapsOf(c *fiber.Ctx, id race.ID, entries []race.Entry, f lapFilter) ([]view.Lap, error) {
	ask := race.LapQuery{Car: race.NoCar, From: int(f.from), To: int(f.to), Position: int(f.position)}
	if len(f.cars) == 1 {
		ask.Car = f.cars[0]
	}
	laps, err := s.deps.History.LapsOf(c.UserContext(), id, ask)
	if err != nil {
		return nil, err
	}
	out := make([]view.Lap, 0, len(laps))
	for _, l := range laps {
		if len(f.cars) == 0 || slices.Contains(f.cars, l.Car) {
			out = append(out, view.NewLap(l, entries[l.Car]))
		}
	}
	return out, nil
}
