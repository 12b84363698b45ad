package gateway

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// How long browsers and caches may keep an answer.
const (
	cacheNever      = "no-store"
	cacheRevalidate = "no-cache" // kept, but revalidated by its ETag each time
	cacheForever    = "public, max-age=31536000, immutable"
)

// securityHeaders are sent with every answer. They isolate the page, and keep browsers from taking answers for pages.
var securityHeaders = [][2]string{
	{"Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
		"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
	{"Referrer-Policy", "no-referrer"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
}

// setSecurityHeaders sets the headers that an answer does not have yet. Answers come from routes, from errors and from fasthttp.
func setSecurityHeaders(h *fasthttp.ResponseHeader) {
	for _, header := range securityHeaders {
		if len(h.Peek(header[0])) == 0 { // a document has its own policy
			h.Set(header[0], header[1])
		}
	}
	if len(h.Peek(fiber.HeaderCacheControl)) == 0 {
		h.Set(fiber.HeaderCacheControl, cacheNever)
	}
}

// edge wraps all routes. What it does holds for requests that match no route, too.
func (s *Server) edge(handle fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		defer func() { setSecurityHeaders(&ctx.Response.Header) }()
		s.proxies.sanitize(ctx)
		switch {
		case s.public.stripBase(ctx): // it has answered
		case slices.Contains(fiber.DefaultMethods, string(ctx.Method())):
			handle(ctx)
		default: // Fiber would answer 400 with a text of its own
			s.noMethod(ctx)
		}
	}
}

// noMethod refuses a method that no route has.
func (s *Server) noMethod(ctx *fasthttp.RequestCtx) {
	path := strings.ToLower(strings.TrimRight(string(ctx.URI().PathOriginal()), "/"))
	p := problem(http.StatusNotFound, "no such route")
	if allowed := s.methods(path); allowed != nil {
		list := strings.Join(allowed, ", ")
		ctx.Response.Header.Set(fiber.HeaderAllow, list)
		p = problem(http.StatusMethodNotAllowed, fmt.Sprintf("the method %q is not allowed here: allowed are %s", ctx.Method(), list))
	}
	data, err := json.Marshal(p)
	if err != nil {
		s.deps.Log.Error("a problem document cannot be encoded", slog.Any("err", err))
	}
	ctx.SetStatusCode(p.Status)
	ctx.SetContentType(contentProblem)
	ctx.SetBody(data)
}

// revalidate sets how long an answer may be kept, and answers 304 to a client that has it. The ETag is the hash of the answer
// before compression, and weak, since each encoding has other bytes.
func revalidate(c *fiber.Ctx) error {
	reading := c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead
	if reading {
		c.Set(fiber.HeaderCacheControl, cacheRevalidate)
	}
	if err := c.Next(); err != nil {
		return err
	}
	res := c.Response()
	if !reading || res.StatusCode() != fiber.StatusOK {
		if res.StatusCode() != fiber.StatusOK {
			c.Set(fiber.HeaderCacheControl, cacheNever)
		}
		return nil
	}
	c.Vary(fiber.HeaderAcceptEncoding)
	if res.IsBodyStream() || len(res.Body()) == 0 && len(res.Header.Peek(fiber.HeaderETag)) == 0 {
		return nil
	}
	if len(res.Header.Peek(fiber.HeaderETag)) == 0 {
		sum := sha256.Sum256(res.Body())
		c.Set(fiber.HeaderETag, `W/"`+base64.RawURLEncoding.EncodeToString(sum[:16])+`"`)
	}
	if alreadyHas(c) {
		c.Status(fiber.StatusNotModified)
		res.ResetBody()
		res.Header.Del(fiber.HeaderContentType)
		res.Header.Del(fiber.HeaderContentDisposition)
	}
	return nil
}

// alreadyHas reports whether the client has the answer, by its ETag.
func alreadyHas(c *fiber.Ctx) bool {
	bare := func(tag string) string { return strings.TrimPrefix(strings.TrimSpace(tag), "W/") }
	tag := bare(string(c.Response().Header.Peek(fiber.HeaderETag)))
	for _, have := range strings.Split(c.Get(fiber.HeaderIfNoneMatch), ",") {
		if have = bare(have); have == tag || have == "*" {
			return true
		}
	}
	return false
}

// route is a registered route.
type route struct{ method, pattern string }

// methods returns the methods that a path has.
func (s *Server) methods(path string) (allowed []string) {
	var exact []string
	for _, w := range s.registered {
		if w.pattern == path { // a literal path wins over a parameter: /races/import is no race
			exact = append(exact, w.method)
		}
		match := fiber.RoutePatternMatch(path, w.pattern)
		if w.pattern == "/*" {
			match = s.siteHas(path)
		}
		if match && !slices.Contains(allowed, w.method) {
			allowed = append(allowed, w.method)
		}
	}
	if exact != nil {
		allowed = exact
	}
	if allowed != nil {
		allowed = append(allowed, fiber.MethodOptions)
		slices.Sort(allowed)
	}
	return allowed
}

// unrouted answers a request that no route took: OPTIONS, a method that the path does not have, or an unknown path.
func (s *Server) unrouted(c *fiber.Ctx) error {
	allowed := s.methods(plainPath(c))
	if allowed == nil {
		return refuse(fiber.StatusNotFound, s.unknown)
	}
	list := strings.Join(allowed, ", ")
	c.Set(fiber.HeaderAllow, list)
	if c.Method() == fiber.MethodOptions {
		return c.SendStatus(fiber.StatusNoContent)
	}
	return refuse(fiber.StatusMethodNotAllowed, fmt.Sprintf("the method %s is not allowed here: allowed are %s", c.Method(), list))
}

// allowParams makes a handler refuse unknown query parameters. Handlers that read parameters call query instead.
func allowParams(handle fiber.Handler, params ...string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if _, err := query(c, params...); err != nil {
			return err
		}
		return handle(c)
	}
}
