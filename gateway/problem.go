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
	// ID is in the log too, where the detail must stay inside.
	ID string `json:"id,omitempty"`
}

// contentProblem is the media type of a problem document.
const contentProblem = "application/problem+json"

// refuse makes an error of the client.
func refuse(status int, detail string) error { return fiber.NewError(status, detail) }

// errorKinds is the one table from kinds of errors to what leaves the house.
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

// problemOf turns an error into a problem. What nobody outside may see is logged under the problem's id.
func problemOf(err error, log *slog.Logger) (Problem, string) {
	var invalid *race.InvalidError
	if errors.As(err, &invalid) {
		return problem(http.StatusUnprocessableEntity, "what was sent does not hold: "+invalid.Error(), invalid.Faults...), "INVALID"
	}
	var refused *fiber.Error // by refuse, or by Fiber
	if errors.As(err, &refused) && refused.Code < http.StatusInternalServerError {
		return problem(refused.Code, refused.Message), "BAD_REQUEST"
	}
	for _, k := range errorKinds {
		if errors.Is(err, k.is) {
			return problem(k.status, err.Error()), k.code
		}
	}
	p := problem(http.StatusInternalServerError, "something went wrong inside; the log has it under this id")
	var id [6]byte
	if _, failed := rand.Read(id[:]); failed == nil {
		p.ID = hex.EncodeToString(id[:])
	}
	log.Error("internal error", slog.String("id", p.ID), slog.Any("err", err))
	return p, "INTERNAL"
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
	case http.StatusAccepted: // where to look
		parts := strings.SplitN(c.Path(), "/", 6)
		c.Set(fiber.HeaderLocation, s.public.path(strings.Join(parts[:min(len(parts), 5)], "/")))
	}
	c.Set(fiber.HeaderCacheControl, cacheNever)
	setSecurityHeaders(&c.Response().Header) // fasthttp's own errors come by no other way
	if sent := c.Status(p.Status).JSON(p); sent != nil {
		return sent
	}
	c.Set(fiber.HeaderContentType, contentProblem)
	return nil
}
