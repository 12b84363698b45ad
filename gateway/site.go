package gateway

import (
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
)

// pagePath matches the addresses that ui/src/router/route.ts knows. Its group is the race.
var pagePath = regexp.MustCompile(`^(?:/actors|/race/([a-z0-9-]+)(?:/control|/history)?)?/*$`)

// programPaths are for programs: a missing one gets a problem document, where a person would get the page.
var programPaths = []string{"/api", "/assets", "/graphql", "/live"}

// siteRoutes serve the page and its files. Any other path gets the page with 404; the page says so in words.
func (s *Server) siteRoutes() {
	s.app.Get("/docs", s.docs)
	s.app.Get("/*", s.site)
}

// docs serves the viewer of the API's description.
func (s *Server) docs(c *fiber.Ctx) error {
	const viewer = "docs.html"
	data, err := fs.ReadFile(s.deps.Site, viewer)
	if err != nil { // not built: the page says how
		return s.page(c, "")
	}
	return s.send(c, viewer, data)
}

func (s *Server) site(c *fiber.Ctx) error {
	where := strings.Clone(c.Path())
	if found := pagePath.FindSubmatch(c.Request().URI().PathOriginal()); found != nil {
		return s.page(c, race.ID(found[1]))
	}
	name := strings.TrimPrefix(path.Clean(where), "/")
	data, err := fs.ReadFile(s.deps.Site, name)
	switch {
	case err == nil:
		if strings.HasPrefix(name, "assets/") { // their names contain a hash of their content
			c.Set(fiber.HeaderCacheControl, cacheForever)
		}
		return s.send(c, name, data)
	case slices.ContainsFunc(programPaths, func(p string) bool { return where == p || strings.HasPrefix(where, p+"/") }):
		return refuse(fiber.StatusNotFound, "nothing is at "+where+": see / for the page and /api/v1/races for the races")
	}
	c.Status(fiber.StatusNotFound)
	return s.page(c, "")
}

// page serves the page, with 404 if it is about a race that does not exist. id is empty if it is about no race. An error of
// History is left to the page's own requests, which show it.
func (s *Server) page(c *fiber.Ctx, id race.ID) error {
	if id != "" {
		if _, err := s.deps.History.Summary(c.UserContext(), id); errors.Is(err, race.ErrNotFound) {
			c.Status(fiber.StatusNotFound)
		}
	}
	const index = "index.html"
	data, err := fs.ReadFile(s.deps.Site, index)
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	return s.send(c, index, data)
}

func (s *Server) send(c *fiber.Ctx, name string, data []byte) error {
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = "application/octet-stream"
	}
	c.Set(fiber.HeaderContentType, kind)
	if path.Ext(name) == ".html" {
		data = s.public.withBase(data)
	}
	return c.Send(data)
}

// siteHas reports whether a path is the page's, or one of its files.
func (s *Server) siteHas(path string) bool {
	_, err := fs.Stat(s.deps.Site, strings.TrimPrefix(path, "/"))
	return err == nil || pagePath.MatchString(path)
}
