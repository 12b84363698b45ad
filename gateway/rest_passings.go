package gateway

import (
	"fmt"

	"lightsout/race/view"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
)

// maxPassings bounds the passings of an answer.
const maxPassings = 10_000

func (s *Server) passings(c *fiber.Ctx) error {
	params, err := query(c, "after", "limit", "verdict")
	if err != nil {
		return err
	}
	verdict, err := verdictOf(params["verdict"])
	if err != nil {
		return err
	}
	after, err := number(params, "after", 0, 1<<62, 0)
	if err != nil {
		return err
	}
	limit, err := number(params, "limit", 1, maxPassings, 1000)
	if err != nil {
		return err
	}
	list, err := s.passingsOf(c, raceID(c), race.Seq(after), int(limit), verdict)
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"passings": list})
}

// verdictOf parses a verdict; -1 stands for all.
func verdictOf(text string) (int, error) {
	if text == "" {
		return -1, nil
	}
	v, err := race.ParseVerdict(text)
	if err != nil {
		return 0, &race.InvalidError{Faults: []race.Fault{{
			Field: "verdict", Message: fmt.Sprintf("is %q", text), Allowed: "accepted, duplicate, suspect, rejected, estimated, after_the_end",
		}}}
	}
	return int(v), nil
}

func (s *Server) passingsOf(c *fiber.Ctx, id race.ID, after race.Seq, limit, verdict int) ([]view.Passing, error) {
	entries, err := s.entriesOf(c, id)
	if err != nil {
		return nil, err
	}
	rows, err := s.deps.History.Passings(c.UserContext(), id, after, limit, verdict)
	if err != nil {
		return nil, err
	}
	out := []view.Passing{}
	for _, p := range rows {
		out = append(out, view.NewPassing(p, entries))
	}
	return out, nil
}
