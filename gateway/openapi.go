package gateway

import (
	"bytes"
	_ "embed"

	"github.com/gofiber/fiber/v2"
)

//go:embed openapi.json
var openAPIDocument []byte

// openAPI serves the description of the API. Tests hold it to the routes and to the fields of their answers.
func (s *Server) openAPI(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	base := []byte(s.public.path("api/v1"))
	return c.Send(bytes.Replace(openAPIDocument, []byte(`"url": "/api/v1"`), []byte(`"url": "`+string(base)+`"`), 1))
}
