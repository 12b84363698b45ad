package gateway

import (
	"github.com/gofiber/fiber/v2"
)

// maxActors is how many actors of a kind an answer shows at the most.
const maxActors = 1000

// actors shows the living system.
func (s *Server) actors(c *fiber.Ctx) error {
	params, err := query(c, "most")
	if err != nil {
		return err
	}
	most, err := number(params, "most", 0, maxActors, 20)
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"actors": s.deps.Actors.Tree(int(most))})
}
