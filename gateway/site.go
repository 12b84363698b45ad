package gateway

import (
	"bytes"
	"io/fs"
	"mime"
	"path"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// siteRoutes serve the page. Paths of the page itself, such as /race/demo, all give index.html.
func (s *Server) siteRoutes() {
	s.app.Get("/", s.page)
	s.app.Get("/race/*", s.page)
	s.app.Get("/actors", s.page)
	s.app.Get("/*", s.file)
}

func (s *Server) page(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-cache")
	return s.serveFile(c, "index.html")
}

func (s *Server) file(c *fiber.Ctx) error {
	name := strings.TrimPrefix(path.Clean(c.Path()), "/")
	if strings.HasPrefix(name, "assets/") { // their names carry a hash of what is in them
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	}
	return s.serveFile(c, name)
}

func (s *Server) serveFile(c *fiber.Ctx, name string) error {
	data, err := fs.ReadFile(s.deps.Site, name)
	if err != nil {
		return refuse(fiber.StatusNotFound, "nothing is at "+strings.Clone(c.Path())+": see / for the page and /api/v1/races for the races")
	}
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = "application/octet-stream"
	}
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderLastModified, started)
	return c.SendStream(bytes.NewReader(data), len(data))
}

// started stands for when the embedded files came to be.
var started = time.Now().UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
