package gateway

import (
	"github.com/gofiber/fiber/v2"

	"lightsout/race/view"

	"lightsout/race"
)

func (s *Server) events(c *fiber.Ctx) error {
	list, err := s.eventsOf(c, raceID(c))
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"events": list})
}

func (s *Server) eventsOf(c *fiber.Ctx, id race.ID) ([]view.Event, error) {
	entries, err := s.entriesOf(c, id)
	if err != nil {
		return nil, err
	}
	events, err := s.deps.History.Events(c.UserContext(), id)
	if err != nil {
		return nil, err
	}
	out := []view.Event{}
	for _, e := range events {
		out = append(out, view.NewEvent(e, entries))
	}
	return out, nil
}
