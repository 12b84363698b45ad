package gateway

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
)

// entriesOf reads a race's entries once per request. It does not charge the query's budget: the entries are not its answer.
func (s *Server) entriesOf(c *fiber.Ctx, id race.ID) ([]race.Entry, error) {
	ctx := c.UserContext()
	return s.entriesWithin(race.Within(ctx, race.BudgetOf(ctx).Aside()), c, id)
}

func (s *Server) entriesWithin(ctx context.Context, c *fiber.Ctx, id race.ID) ([]race.Entry, error) {
	if kept, ok := c.Locals(entriesKey{id}).([]race.Entry); ok {
		return kept, nil
	}
	roster, err := s.deps.Ingest.Roster(ctx, id)
	if err != nil {
		return nil, err
	}
	c.Locals(entriesKey{id}, roster.Entries)
	return roster.Entries, nil
}

// entriesKey is the local that keeps the entries of a race for a request.
type entriesKey struct{ id race.ID }

func (s *Server) entries(c *fiber.Ctx) error {
	list, err := s.entriesOf(c, raceID(c))
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"entries": orEmpty(list)})
}
