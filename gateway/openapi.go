package gateway

import (
	"bytes"
	_ "embed"

	"github.com/gofiber/fiber/v2"
)

//go:embed openapi.json
var openAPIDocument []byte

// openAPI describes the routes. A test holds it and the routes together.
func (s *Server) openAPI(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	base := []byte(s.public.path("api/v1"))
	return c.Send(bytes.Replace(openAPIDocument, []byte(`"url": "/api/v1"`), []byte(`"url": "`+string(base)+`"`), 1))
}
