package gateway

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
)

func (s *Server) restRoutes(api fiber.Router) {
	api.Get("/races", s.listRaces)
	api.Post("/races", takes(s.createRace))
	api.Post("/races/import", s.importRace)
	api.Use("/races/import", func(c *fiber.Ctx) error { // it is no race, and none can have that id
		if plainPath(c) != "/api/v1/races/import" {
			return c.Next()
		}
		return s.unrouted(c)
	})
	api.Get("/races/:id", takes(s.getRace))
	api.Delete("/races/:id", takes(s.deleteRace))
	for _, what := range []race.Control{race.ControlStart, race.ControlPause, race.ControlResume, race.ControlStop} {
		api.Post("/races/:id/"+what.String(), takes(func(c *fiber.Ctx) error { return s.control(c, what) }))
	}
	api.Get("/races/:id/entries", takes(s.entries))
	api.Get("/races/:id/classification", takes(s.classification))
	api.Get("/races/:id/laps", s.laps)
	api.Get("/races/:id/events", takes(s.events))
	api.Get("/races/:id/passings", s.passings)
	api.Post("/races/:id/passings", takes(s.takePassings))
	api.Get("/races/:id/telemetry", s.telemetry)
	api.Get("/races/:id/compare", s.compare)
	api.Post("/races/:id/telemetry", takes(s.takeSamples))
	api.Post("/races/:id/flags", takes(s.flags))
	api.Post("/races/:id/penalties", takes(s.penalties))
	api.Post("/races/:id/corrections", takes(s.corrections))
	api.Get("/races/:id/rulings", takes(s.rulings))
	api.Post("/races/:id/result", takes(s.declareResult))
	api.Get("/races/:id/results", takes(s.results))
	api.Get("/races/:id/results/diff", s.diff)
	api.Get("/races/:id/results/:version", takes(s.result))
	api.Get("/races/:id/decoders", takes(s.decoders))
	api.Get("/races/:id/documents/:file", s.document)
	api.Get("/races/:id/export", s.export)
	api.Get("/races/:id/circuit", takes(s.raceCircuit))
	api.Get("/races/:id/drills", takes(s.listDrills))
	api.Post("/races/:id/drills", takes(s.startDrill))
	api.Delete("/races/:id/drills", takes(s.stopDrill))
	api.Get("/drills", takes(s.scenarios))
	api.Get("/actors", s.actors)
	api.Get("/circuits", takes(s.circuits))
	api.Post("/circuits", s.addCircuit)
	api.Get("/circuits/:key", takes(s.circuit))
	api.Get("/openapi.json", takes(s.openAPI))
	api.Use(s.unrouted)
}

func raceID(c *fiber.Ctx) race.ID { return race.ID(strings.Clone(c.Params("id"))) }
