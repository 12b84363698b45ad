package gateway

import (
	"github.com/gofiber/fiber/v2"

	"lightsout/race"
)

func (s *Server) events(c *fiber.Ctx) error {
	list, err := s.eventsOf(c, raceID(c))
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"events": list})
}

func (s *Server) eventsOf(c *fiber.Ctx, id race.ID) ([]eventDTO, error) {
	entries, err := s.entriesOf(c, id)
	if err != nil {
		return nil, err
	}
	events, err := s.deps.History.Events(c.UserContext(), id)
	if err != nil {
		return nil, err
	}
	out := []eventDTO{}
	for _, e := range events {
		out = append(out, newEvent(e, entries))
	}
	return out, nil
}
