package gateway

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
)

// scenarios answers with the drills that ship with the program, and the orders for races to come.
func (s *Server) scenarios(c *fiber.Ctx) error {
	all, err := s.deps.Drills.Scenarios()
	if err != nil {
		return err
	}
	orders, err := s.deps.Drills.Orders(c.UserContext())
	if err != nil {
		return err
	}
	for i := range orders {
		orders[i].Notes = orEmpty(orders[i].Notes)
	}
	return c.JSON(map[string]any{"scenarios": all, "orders": orEmpty(orders)})
}

// orderDrill orders a drill for races to come.
func (s *Server) orderDrill(c *fiber.Ctx) error {
	spec, err := s.drillOf(c)
	if err != nil {
		return err
	}
	noteOf(c).detail = string(spec)
	order, err := s.deps.Drills.Order(c.UserContext(), spec)
	if err != nil {
		return err
	}
	order.Notes = orEmpty(order.Notes)
	return c.Status(fiber.StatusCreated).JSON(order)
}

// getOrder answers with an order for races to come.
func (s *Server) getOrder(c *fiber.Ctx) error {
	n, err := drillNumber(c)
	if err != nil {
		return err
	}
	orders, err := s.deps.Drills.Orders(c.UserContext())
	if err != nil {
		return err
	}
	for i := range orders {
		if orders[i].ID == n {
			orders[i].Notes = orEmpty(orders[i].Notes)
			return c.JSON(orders[i])
		}
	}
	return fmt.Errorf("order %d for races to come: %w", n, race.ErrNotFound)
}

// withdrawOrder ends an order for races to come.
func (s *Server) withdrawOrder(c *fiber.Ctx) error {
	n, err := drillNumber(c)
	if err != nil {
		return err
	}
	noteOf(c).detail = fmt.Sprintf("order %d", n)
	if err := s.deps.Drills.Withdraw(c.UserContext(), n); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// drillOf reads the body of an order for a drill as JSON.
func (s *Server) drillOf(c *fiber.Ctx) ([]byte, error) {
	v, err := s.bodies.Value(c)
	if err != nil {
		return nil, err
	}
	spec, err := json.Marshal(v)
	if err != nil {
		return nil, refuse(fiber.StatusBadRequest, fmt.Sprintf("the body cannot be read: %v", err))
	}
	return spec, nil
}

func (s *Server) listDrills(c *fiber.Ctx) error {
	id := raceID(c)
	if _, err := s.deps.History.Summary(c.UserContext(), id); err != nil {
		return err
	}
	list, err := s.deps.Drills.List(c.UserContext(), id)
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"drills": orEmpty(list)})
}

func (s *Server) startDrill(c *fiber.Ctx) error {
	spec, err := s.drillOf(c)
	if err != nil {
		return err
	}
	noteOf(c).detail = string(spec)
	began, err := s.deps.Drills.Start(c.UserContext(), raceID(c), spec)
	if err != nil {
		return err
	}
	noteOf(c).detail = fmt.Sprintf("drill %d: %s", began.ID, spec)
	began.Notes = orEmpty(began.Notes)
	return c.Status(fiber.StatusAccepted).JSON(began)
}

// drillNumber is the number of a drill in the path.
func drillNumber(c *fiber.Ctx) (int, error) {
	n, err := strconv.Atoi(c.Params("n"))
	if err != nil || n < 1 {
		return 0, refuse(fiber.StatusNotFound, fmt.Sprintf("%q is no number of a drill: allowed are 1 and more", c.Params("n")))
	}
	return n, nil
}

// oneDrill answers with one drill of a race.
func (s *Server) oneDrill(c *fiber.Ctx) error {
	n, err := drillNumber(c)
	if err != nil {
		return err
	}
	list, err := s.deps.Drills.List(c.UserContext(), raceID(c))
	if err != nil {
		return err
	}
	for i := range list {
		if list[i].ID == n {
			return c.JSON(list[i])
		}
	}
	return fmt.Errorf("drill %d of race %s: %w", n, raceID(c), race.ErrNotFound)
}

// stopDrill stops the faults of the drill that is on, or of the one with a number.
func (s *Server) stopDrill(c *fiber.Ctx) error {
	n := 0
	if c.Params("n") != "" {
		var err error
		if n, err = drillNumber(c); err != nil {
			return err
		}
	}
	noteOf(c).detail = fmt.Sprintf("drill %d; 0 is the one that is on", n)
	if err := s.deps.Drills.Stop(c.UserContext(), raceID(c), n); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// drillFolder streams what a drill has left.
func (s *Server) drillFolder(c *fiber.Ctx) error {
	n, err := drillNumber(c)
	if err != nil {
		return err
	}
	file, err := s.deps.Drills.Folder(c.UserContext(), raceID(c), n)
	if err != nil {
		return err
	}
	return s.download(c, file, slog.String("race", string(raceID(c))), slog.Int("drill", n))
}
