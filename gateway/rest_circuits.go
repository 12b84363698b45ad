package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lightsout/gateway/body"
	"lightsout/race"
	"lightsout/race/circuit"
)

func (s *Server) circuits(c *fiber.Ctx) error {
	all, err := s.allCircuits(c.UserContext())
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"circuits": circuitDTOs(all)})
}

func circuitDTOs(all []*circuit.Circuit) []circuitDTO {
	list := []circuitDTO{}
	for _, one := range all {
		list = append(list, newCircuitDTO(one))
	}
	return list
}

// allCircuits returns the built-in circuits, then the imported ones.
func (s *Server) allCircuits(ctx context.Context) ([]*circuit.Circuit, error) {
	var list []*circuit.Circuit
	for _, key := range circuit.List() {
		one, err := circuit.Open(key)
		if err != nil {
			return nil, fmt.Errorf("open circuit %s: %w", key, err)
		}
		list = append(list, one)
	}
	imported, err := s.deps.Circuits.Imported(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for imported circuits: %w", err)
	}
	return append(list, imported...), nil
}

// findCircuit finds a circuit by its key. Its race.ErrNotFound lists the known keys.
func (s *Server) findCircuit(ctx context.Context, key string) (*circuit.Circuit, error) {
	all, err := s.allCircuits(ctx)
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(all))
	for i, one := range all {
		if keys[i] = one.Key; one.Key == key {
			return one, nil
		}
	}
	return nil, fmt.Errorf("circuit %q (known are %s): %w", key, strings.Join(keys, ", "), race.ErrNotFound)
}

func (s *Server) circuit(c *fiber.Ctx) error {
	one, err := s.findCircuit(c.UserContext(), strings.Clone(c.Params("key")))
	if err != nil {
		return err
	}
	return c.JSON(newCircuitDetail(one))
}

// raceCircuit answers with the circuit as it was when the race was announced.
func (s *Server) raceCircuit(c *fiber.Ctx) error {
	r, err := s.deps.History.Summary(c.UserContext(), raceID(c))
	if err != nil {
		return err
	}
	if r.Race.CircuitText == "" {
		return fmt.Errorf("the outline of race %s, of which only the timing lines are known: %w", r.Race.ID, race.ErrNotFound)
	}
	one, err := circuit.Parse(r.Race.Circuit, strings.NewReader(r.Race.CircuitText))
	if err != nil {
		return fmt.Errorf("read the circuit of race %s: %w", r.Race.ID, err)
	}
	return c.JSON(newCircuitDetail(one))
}

// addCircuit imports an outline: GeoJSON, CSV with x, y and width, or the project's own text.
func (s *Server) addCircuit(c *fiber.Ctx) error {
	params, err := query(c, "key")
	if err != nil {
		return err
	}
	data, err := s.bodies.Unpacked(c)
	if err != nil {
		return err
	}
	file := params["key"]
	if file == "" {
		file = "circuit"
	}
	var one *circuit.Circuit
	switch kind := body.ContentType(c); kind {
	case "application/geo+json", fiber.MIMEApplicationJSON:
		one, err = circuit.ImportGeoJSON(file, data)
	case "text/csv":
		one, err = circuit.ImportCSV(file, bytes.NewReader(data))
	case fiber.MIMETextPlain:
		one, err = circuit.Parse(file, bytes.NewReader(data))
	default:
		return refuse(fiber.StatusUnsupportedMediaType, fmt.Sprintf(
			"the content type is %q: expected application/geo+json, text/csv (x,y,width) or text/plain (the project's own format)", kind))
	}
	var wrong *circuit.Error
	switch {
	case errors.As(err, &wrong):
		return &race.InvalidError{Faults: []race.Fault{{Field: "body", Message: wrong.Error()}}}
	case err != nil:
		return refuse(fiber.StatusBadRequest, err.Error())
	}
	if key := params["key"]; key != "" {
		one.Key = key
	}
	if slices.Contains(circuit.List(), one.Key) {
		return fmt.Errorf("the circuit %q is built in: %w", one.Key, race.ErrConflict)
	}
	noteOf(c).detail = "circuit " + one.Key
	if err := s.deps.Circuits.AddCircuit(c.UserContext(), one); err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, s.public.path("api/v1/circuits/"+one.Key))
	return c.Status(fiber.StatusCreated).JSON(newCircuitDetail(one))
}
