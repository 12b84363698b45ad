package gateway

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
)

// Problem is an RFC 9457 problem document.
type Problem struct {
	Type   string       `json:"type"`
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail"`
	Errors []race.Fault `json:"errors,omitempty"`
	// ID finds the error in the log, for details that must not leave the server.
	ID string `json:"id,omitempty"`
}

// contentProblem is the media type of a problem document.
const contentProblem = "application/problem+json"

// refuse makes an error that the client caused.
func refuse(status int, detail string) error { return fiber.NewError(status, detail) }

// errorKinds maps errors to HTTP status and GraphQL code.
var errorKinds = []struct {
	is     error
	status int
	code   string // of GraphQL
}{
	{race.ErrNotFound, http.StatusNotFound, "NOT_FOUND"},
	{race.ErrKeyReused, http.StatusUnprocessableEntity, "KEY_REUSED"},
	{race.ErrUnderway, http.StatusAccepted, "UNDERWAY"},
	{race.ErrBusy, http.StatusTooManyRequests, "BUSY"},
	{race.ErrConflict, http.StatusConflict, "CONFLICT"},
	{race.ErrTooMuch, http.StatusUnprocessableEntity, "TOO_MUCH"},
}

// problemOf turns an error into a problem document and a GraphQL code. It logs an internal error under the problem's id and keeps
// its text inside.
func problemOf(err error, log *slog.Logger) (Problem, string) {
	p, code, internal := classify(err)
	if !internal {
		return p, code
	}
	var id [6]byte
	if _, failed := rand.Read(id[:]); failed == nil {
		p.ID = hex.EncodeToString(id[:])
	}
	log.Error("internal error", slog.String("id", p.ID), slog.Any("err", err))
	return p, code
}

// classify turns an error into a problem document and a GraphQL code; internal says that it is the server's, whose text stays inside.
func classify(err error) (p Problem, code string, internal bool) {
	var invalid *race.InvalidError
	if errors.As(err, &invalid) {
		return problem(http.StatusUnprocessableEntity, "the request is invalid: "+invalid.Error(), invalid.Faults...), "INVALID", false
	}
	var refused *fiber.Error // made by refuse, or by Fiber
	if errors.As(err, &refused) && refused.Code < http.StatusInternalServerError {
		return problem(refused.Code, refused.Message), "BAD_REQUEST", false
	}
	for _, k := range errorKinds {
		if errors.Is(err, k.is) {
			return problem(k.status, err.Error()), k.code, false
		}
	}
	return problem(http.StatusInternalServerError, "an internal error: the server's log has it under this id"), "INTERNAL", true
}

func problem(status int, detail string, faults ...race.Fault) Problem {
	return Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Errors: faults}
}

// fail answers with a problem document.
func (s *Server) fail(c *fiber.Ctx, err error) error {
	p, _ := problemOf(err, s.deps.Log)
	switch p.Status {
	case http.StatusTooManyRequests:
		c.Set(fiber.HeaderRetryAfter, "1")
	case http.StatusAccepted: // where to look later
		parts := strings.SplitN(c.Path(), "/", 6)
		c.Set(fiber.HeaderLocation, s.public.path(strings.Join(parts[:min(len(parts), 5)], "/")))
	}
	c.Set(fiber.HeaderCacheControl, cacheNever)
	setSecurityHeaders(&c.Response().Header) // errors of fasthttp pass no other place that sets them
	if sent := c.Status(p.Status).JSON(p); sent != nil {
		return sent
	}
	c.Set(fiber.HeaderContentType, contentProblem)
	return nil
}
