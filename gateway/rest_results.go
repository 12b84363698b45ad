package gateway

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"lightsout/race/view"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
)

// versionDTO is a version of a result, without its lines.
type versionDTO struct {
	Version    int       `json:"version"`
	Status     string    `json:"status"`
	Author     string    `json:"author"`
	Reason     string    `json:"reason"`
	Seq        race.Seq  `json:"seq"` // of the record that made it
	TimeUS     int64     `json:"time_us"`
	RecordedAt time.Time `json:"recorded_at"`
	StateHash  string    `json:"state_hash"`
}

func (s *Server) results(c *fiber.Ctx) error {
	list, err := s.resultsOf(c, raceID(c))
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"results": list})
}

func (s *Server) resultsOf(c *fiber.Ctx, id race.ID) ([]versionDTO, error) {
	versions, err := s.deps.History.Versions(c.UserContext(), id)
	if err != nil {
		return nil, err
	}
	out := []versionDTO{}
	for _, v := range versions {
		out = append(out, versionDTO{
			Version: v.Version, Status: v.Status.String(), Author: v.Author, Reason: v.Reason, Seq: v.Seq, TimeUS: int64(v.Time),
			RecordedAt: time.Unix(0, v.RecordedAt).UTC(), StateHash: v.StateHash,
		})
	}
	return out, nil
}

func (s *Server) result(c *fiber.Ctx) error {
	version, err := strconv.Atoi(c.Params("version"))
	if err != nil || version < 1 {
		return &race.InvalidError{Faults: []race.Fault{{
			Field: "version", Message: fmt.Sprintf("is %q", c.Params("version")), Allowed: "a whole number from 1",
		}}}
	}
	d, err := s.versionOf(c, raceID(c), version)
	if err != nil {
		return err
	}
	if d.Final { // a later change makes another version
		c.Set(fiber.HeaderCacheControl, cacheForever)
	}
	return c.JSON(d)
}

// versionOf returns a version of the result; 0 is the newest, or the order so far.
func (s *Server) versionOf(c *fiber.Ctx, id race.ID, version int) (classificationDTO, error) {
	ctx := c.UserContext()
	r, err := s.deps.History.Summary(ctx, id)
	if err != nil {
		return classificationDTO{}, err
	}
	entries, err := s.entriesOf(c, id)
	if err != nil {
		return classificationDTO{}, err
	}
	var result race.Classification
	if version > 0 {
		result, err = s.deps.History.Version(ctx, id, version)
	} else {
		result, err = s.deps.Standings.Classification(ctx, id)
	}
	if err != nil {
		return classificationDTO{}, err
	}
	d := classificationDTO{
		Race:  raceHeadDTO{id, r.Race.Name, r.Race.Circuit, r.Laps},
		Final: result.Final(), Version: result.Version, Status: result.Status.String(), Author: result.Author,
		Reason: result.Reason, StateHash: result.StateHash, Classification: []view.Classified{},
	}
	for _, e := range result.Entries {
		d.Classification = append(d.Classification, view.NewClassified(e, entries[e.Car]))
	}
	return d, nil
}

// diffDTO is the difference between two versions of a result.
type diffDTO struct {
	From    int         `json:"from"`
	To      int         `json:"to"`
	Changes []changeDTO `json:"changes"`
}

type changeDTO struct {
	DriverNumber int        `json:"driver_number"`
	NameAcronym  string     `json:"name_acronym"`
	Fields       []fieldDTO `json:"fields"`
}

// fieldDTO is a field that changed. Null means that it did not apply.
type fieldDTO struct {
	Field string `json:"field"`
	From  any    `json:"from"`
	To    any    `json:"to"`
}

func (s *Server) diff(c *fiber.Ctx) error {
	params, err := query(c, "from", "to")
	if err != nil {
		return err
	}
	from, err := number(params, "from", 1, 1_000_000, 0)
	if err != nil {
		return err
	}
	to, err := number(params, "to", 1, 1_000_000, 0)
	if err != nil {
		return err
	}
	if from == 0 || to == 0 {
		return &race.InvalidError{Faults: []race.Fault{{Field: "from, to", Message: "are needed", Allowed: "two versions, from 1"}}}
	}
	d, err := s.diffOf(c, raceID(c), int(from), int(to))
	if err != nil {
		return err
	}
	return c.JSON(d)
}

func (s *Server) diffOf(c *fiber.Ctx, id race.ID, from, to int) (diffDTO, error) {
	old, err := s.versionOf(c, id, from)
	if err != nil {
		return diffDTO{}, err
	}
	now, err := s.versionOf(c, id, to)
	if err != nil {
		return diffDTO{}, err
	}
	return diffDTO{From: from, To: to, Changes: differences(old.Classification, now.Classification)}, nil
}

// differences lists the changed fields of each car, in the order of the newer result.
func differences(old, now []view.Classified) []changeDTO {
	was := map[int]view.Classified{}
	for _, e := range old {
		was[e.DriverNumber] = e
	}
	out := []changeDTO{}
	for _, e := range now {
		change := changeDTO{DriverNumber: e.DriverNumber, NameAcronym: e.NameAcronym}
		a, b := reflect.ValueOf(was[e.DriverNumber]), reflect.ValueOf(e)
		for i := range a.NumField() {
			from, to := jsonValue(a.Field(i)), jsonValue(b.Field(i))
			if from != to {
				name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
				change.Fields = append(change.Fields, fieldDTO{name, from, to})
			}
		}
		if change.Fields != nil {
			out = append(out, change)
		}
	}
	return out
}

// jsonValue returns a field's value, nil for null.
func jsonValue(v reflect.Value) any {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	return v.Interface()
}

func (s *Server) classification(c *fiber.Ctx) error {
	d, err := s.versionOf(c, raceID(c), 0)
	if err != nil {
		return err
	}
	return c.JSON(d)
}
