package gateway

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
)

// auditDTO is an entry of the audit trail.
type auditDTO struct {
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"`
	Action  string    `json:"action"`
	Race    *race.ID  `json:"race"`
	Author  *string   `json:"author"` // who ordered it, where that was said
	Token   *string   `json:"token"`  // server or drills; null where none was needed or sent
	Address *string   `json:"address"`
	Outcome string    `json:"outcome"`
	Status  int       `json:"status"`
	Detail  string    `json:"detail"`
}

// Limits of an answer.
const (
	auditLimit    = 100
	auditLimitMax = 1000
)

// auditTrail answers with what was ordered, newest first. Addresses are nobody's business, so it needs the token where there is one.
func (s *Server) auditTrail(c *fiber.Ctx) error {
	if err := s.needToken(c); err != nil {
		return err
	}
	params, err := query(c, "race", "action", "before", "limit")
	if err != nil {
		return err
	}
	q := race.AuditQuery{Race: race.ID(params["race"]), Action: params["action"]}
	if q.Action != "" && !slices.Contains(auditActions, q.Action) {
		return &race.InvalidError{Faults: []race.Fault{{
			Field: "action", Message: fmt.Sprintf("is %q", q.Action), Allowed: strings.Join(auditActions, ", "),
		}}}
	}
	if q.Before, err = number(params, "before", 1, 1<<62, 0); err != nil {
		return err
	}
	limit, err := number(params, "limit", 1, auditLimitMax, auditLimit)
	if err != nil {
		return err
	}
	q.Limit = int(limit)
	list, err := s.deps.Audit.AuditTrail(c.UserContext(), q)
	if err != nil {
		return err
	}
	out := make([]auditDTO, len(list))
	for i := range list {
		out[i] = newAuditDTO(&list[i])
	}
	c.Set(fiber.HeaderCacheControl, cacheNever)
	return c.JSON(map[string]any{"audit": out})
}

func newAuditDTO(e *race.AuditEntry) auditDTO {
	d := auditDTO{
		Seq: e.Seq, At: time.Unix(0, e.At).UTC(), Action: e.Action, Author: textOrNil(e.Author), Token: textOrNil(e.Token),
		Address: textOrNil(e.Address), Outcome: outcomeOf(e.Status), Status: e.Status, Detail: e.Detail,
	}
	if e.Race != "" {
		d.Race = &e.Race
	}
	return d
}

func textOrNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
