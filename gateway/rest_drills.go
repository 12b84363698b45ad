package gateway

import (
	"encoding/json"
	"fmt"

	"github.com/gofiber/fiber/v2"
)

// scenarios answers with the drills that ship with the program.
func (s *Server) scenarios(c *fiber.Ctx) error {
	all, err := s.deps.Drills.Scenarios()
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"scenarios": all})
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
	v, err := s.bodies.Value(c)
	if err != nil {
		return err
	}
	spec, err := json.Marshal(v)
	if err != nil {
		return refuse(fiber.StatusBadRequest, fmt.Sprintf("the body cannot be read: %v", err))
	}
	n, err := s.deps.Drills.Start(c.UserContext(), raceID(c), spec)
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusAccepted).JSON(map[string]int{"id": n})
}

func (s *Server) stopDrill(c *fiber.Ctx) error {
	if err := s.deps.Drills.Stop(c.UserContext(), raceID(c)); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
