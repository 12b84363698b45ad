package gateway

import (
	"github.com/gofiber/fiber/v2"
)

// maxActors bounds how many actors of one kind an answer shows.
const maxActors = 1000

// actors answers with the tree of running actors.
func (s *Server) actors(c *fiber.Ctx) error {
	params, err := query(c, "most")
	if err != nil {
		return err
	}
	limit, err := number(params, "most", 0, maxActors, 20)
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"actors": s.deps.Actors.Tree(int(limit))})
}
