package gateway

import (
	"context"
	"log/slog"
	"math/bits"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/graphql-go/graphql"

	"lightsout/race"
)

// What the audit trail says was ordered. Passings and samples are not in it: each has its record in the log of its race.
const (
	actRaceCreated    = "race_created"
	actRaceImported   = "race_imported"
	actRaceDeleted    = "race_deleted"
	actFlag           = "flag"
	actPenalty        = "penalty"
	actCorrection     = "correction"
	actResult         = "result"
	actCircuitAdded   = "circuit_added"
	actDrillStarted   = "drill_started"
	actDrillStopped   = "drill_stopped"
	actDrillOrdered   = "drill_ordered"
	actDrillWithdrawn = "drill_withdrawn"
	actTokenRefused   = "token_refused"
)

// actControl are the actions of control by what they ask for.
var actControl = map[race.Control]string{
	race.ControlStart: "race_started", race.ControlPause: "race_paused", race.ControlResume: "race_resumed", race.ControlStop: "race_stopped",
}

// auditActions are all actions.
var auditActions = []string{
	actRaceCreated, actRaceImported, "race_started", "race_paused", "race_resumed", "race_stopped", actRaceDeleted, actFlag, actPenalty,
	actCorrection, actResult, actCircuitAdded, actDrillStarted, actDrillStopped, actDrillOrdered, actDrillWithdrawn, actTokenRefused,
}

// auditTimeout bounds how long an answer waits for its entry in the audit trail.
const auditTimeout = 2 * time.Second

// Locals of a request.
type (
	noteKey  struct{} // *note
	tokenKey struct{} // what its token allows
)

// note is what a handler says of an order beside its outcome.
type note struct {
	race           race.ID
	author, detail string
}

// noteOf is the note of a request; it is thrown away where nothing is audited.
func noteOf(c *fiber.Ctx) *note {
	if n, is := c.Locals(noteKey{}).(*note); is {
		return n
	}
	return &note{}
}

// audited has what a route orders logged and kept in the audit trail.
func (s *Server) audited(action string, handle fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		n := &note{race: race.ID(shortened(strings.Clone(c.Params("id")), maxText))}
		c.Locals(noteKey{}, n)
		err := handle(c)
		if made := string(c.Response().Header.Peek(fiber.HeaderLocation)); err == nil && n.race == "" && action != actCircuitAdded {
			n.race = race.ID(made[strings.LastIndex(made, "/")+1:])
		}
		s.audit(c, action, n, err, c.Response().StatusCode())
		return err
	}
}

// auditedField is audited for a mutation of GraphQL.
func (s *Server) auditedField(action func(graphql.ResolveParams) string, ask func(*fiber.Ctx, graphql.ResolveParams) (any, error)) func(*fiber.Ctx, graphql.ResolveParams) (any, error) {
	return func(c *fiber.Ctx, p graphql.ResolveParams) (any, error) {
		n := &note{race: race.ID(shortened(string(idArg(p)), maxText))}
		c.Locals(noteKey{}, n)
		out, err := ask(c, p)
		if made, is := out.(raceDTO); is && err == nil {
			n.race = made.ID
		}
		s.audit(c, action(p), n, err, http.StatusOK)
		return out, err
	}
}

// audit logs what was ordered and keeps it. status is that of the answer where err is nil.
func (s *Server) audit(c *fiber.Ctx, action string, n *note, err error, status int) {
	e := newAuditEntry(c, action, n, err, status)
	attrs := []any{
		slog.String("action", e.Action), slog.String("race", string(e.Race)), slog.String("author", e.Author), slog.String("token", e.Token),
		slog.String("from", e.Address), slog.Int("status", e.Status), slog.String("detail", e.Detail),
	}
	if outcomeOf(e.Status) == outcomeDone {
		s.deps.Log.Info("an order was carried out", attrs...)
	} else {
		s.deps.Log.Warn("an order was not carried out", attrs...)
	}
	s.keepAudit(c, e)
}

func newAuditEntry(c *fiber.Ctx, action string, n *note, err error, status int) race.AuditEntry {
	e := race.AuditEntry{
		At: time.Now().UnixNano(), Action: action, Race: n.race, Author: n.author, Address: strings.Clone(c.IP()), Status: status, Detail: n.detail,
	}
	e.Token, _ = c.Locals(tokenKey{}).(string)
	if err != nil {
		p, _, _ := classify(err)
		e.Status = p.Status
		if p.Status != http.StatusAccepted {
			e.Detail = p.Detail
		}
	}
	e.Detail = shortened(e.Detail, maxReason)
	return e
}

// keepAudit keeps an entry. What was ordered stands also if that fails.
func (s *Server) keepAudit(c *fiber.Ctx, e race.AuditEntry) {
	if s.deps.Audit == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), auditTimeout)
	defer cancel()
	if err := s.deps.Audit.KeepAudit(ctx, e); err != nil {
		s.deps.Log.Error("the audit trail cannot be written", slog.String("action", e.Action), slog.Any("err", err))
	}
}

// shortened is the beginning of a text that has more characters than most.
func shortened(text string, most int) string {
	n := 0
	for at := range text {
		if n++; n > most {
			return text[:at] + "…"
		}
	}
	return text
}

// Outcomes of an order.
const (
	outcomeDone    = "done"
	outcomeRefused = "refused"
	outcomeFailed  = "failed" // an error of the server
)

func outcomeOf(status int) string {
	switch {
	case status < http.StatusBadRequest:
		return outcomeDone
	case status < http.StatusInternalServerError:
		return outcomeRefused
	}
	return outcomeFailed
}

// auditWrongToken keeps that a network sent wrong tokens in a row: the first, second, fourth, eighth and so on, so that guessing does not
// push everything else out of the trail.
func (s *Server) auditWrongToken(c *fiber.Ctx, times int, err error) {
	if bits.OnesCount(uint(times)) == 1 {
		s.keepAudit(c, newAuditEntry(c, actTokenRefused, &note{detail: strings.Clone(c.Path())}, err, 0))
	}
}
