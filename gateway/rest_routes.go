package gateway

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
)

func (s *Server) restRoutes(api fiber.Router) {
	api.Get("/races", s.listRaces)
	api.Post("/races", s.audited(actRaceCreated, allowParams(s.createRace)))
	api.Post("/races/import", s.audited(actRaceImported, s.importRace))
	api.Use("/races/import", func(c *fiber.Ctx) error { // import is no race; no race can have that id
		if plainPath(c) != "/api/v1/races/import" {
			return c.Next()
		}
		return s.unrouted(c)
	})
	if s.deps.Shared != nil {
		api.Use("/races/:id", s.await)
	}
	api.Get("/races/:id", allowParams(s.getRace))
	api.Delete("/races/:id", s.audited(actRaceDeleted, allowParams(s.deleteRace)))
	for _, what := range []race.Control{race.ControlStart, race.ControlPause, race.ControlResume, race.ControlStop} {
		api.Post("/races/:id/"+what.String(), s.audited(actControl[what], allowParams(func(c *fiber.Ctx) error { return s.control(c, what) })))
	}
	api.Get("/races/:id/entries", allowParams(s.entries))
	api.Get("/races/:id/classification", allowParams(s.classification))
	api.Get("/races/:id/laps", s.laps)
	api.Get("/races/:id/events", allowParams(s.events))
	api.Get("/races/:id/passings", s.passings)
	api.Post("/races/:id/passings", allowParams(s.ingestPassings))
	api.Get("/races/:id/telemetry", s.telemetry)
	api.Get("/races/:id/compare", s.compare)
	api.Post("/races/:id/telemetry", allowParams(s.ingestSamples))
	api.Post("/races/:id/flags", s.audited(actFlag, allowParams(s.flags)))
	api.Post("/races/:id/penalties", s.audited(actPenalty, allowParams(s.penalties)))
	api.Post("/races/:id/corrections", s.audited(actCorrection, allowParams(s.corrections)))
	api.Get("/races/:id/rulings", allowParams(s.rulings))
	api.Post("/races/:id/result", s.audited(actResult, allowParams(s.declareResult)))
	api.Get("/races/:id/results", allowParams(s.results))
	api.Get("/races/:id/results/diff", s.diff)
	api.Get("/races/:id/results/:version", allowParams(s.result))
	api.Get("/races/:id/decoders", allowParams(s.decoders))
	api.Get("/races/:id/documents/:file", s.document)
	api.Get("/races/:id/export", s.export)
	api.Get("/races/:id/circuit", allowParams(s.raceCircuit))
	api.Get("/races/:id/drills", allowParams(s.listDrills))
	api.Post("/races/:id/drills", s.audited(actDrillStarted, allowParams(s.startDrill)))
	api.Delete("/races/:id/drills", s.audited(actDrillStopped, allowParams(s.stopDrill)))
	api.Get("/races/:id/drills/:n", allowParams(s.oneDrill))
	api.Delete("/races/:id/drills/:n", s.audited(actDrillStopped, allowParams(s.stopDrill)))
	api.Get("/races/:id/drills/:n/folder", allowParams(s.drillFolder))
	api.Get("/drills", allowParams(s.scenarios))
	api.Post("/drills", s.audited(actDrillOrdered, allowParams(s.orderDrill)))
	api.Get("/drills/:n", allowParams(s.getOrder))
	api.Delete("/drills/:n", s.audited(actDrillWithdrawn, allowParams(s.withdrawOrder)))
	api.Get("/actors", s.actors)
	api.Get("/audit", s.auditTrail)
	api.Get("/circuits", allowParams(s.circuits))
	api.Post("/circuits", s.audited(actCircuitAdded, s.addCircuit))
	api.Get("/circuits/:key", allowParams(s.circuit))
	api.Get("/openapi.json", allowParams(s.openAPI))
	api.Use(s.unrouted)
}

func raceID(c *fiber.Ctx) race.ID { return race.ID(strings.Clone(c.Params("id"))) }

// await lets a race that is not known here be read from the shared log first: it may have been made at another server a moment ago.
func (s *Server) await(c *fiber.Ctx) error {
	if _, err := s.deps.History.Summary(c.UserContext(), raceID(c)); errors.Is(err, race.ErrNotFound) {
		ctx, cancel := context.WithTimeout(c.UserContext(), catchUp)
		defer cancel()
		if err := s.deps.Shared.Await(ctx, raceID(c)); err != nil {
			s.deps.Log.Warn("the shared log cannot be read to its end", slog.Any("err", err)) // the answer is that of what is here
		}
	}
	return c.Next()
}
