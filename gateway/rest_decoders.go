package gateway

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
)

// decoderDTO is the state of a decoder's clock. Lag and drift compare it with the server's, by the latest passings.
type decoderDTO struct {
	Decoder        string    `json:"decoder"`
	Passings       int       `json:"passings"`
	OffsetUS       int64     `json:"offset_us"`
	LastTimeUS     int64     `json:"last_time_us"`
	LastRecordedAt time.Time `json:"last_recorded_at"`
	LagMS          *int64    `json:"lag_ms"`
	DriftPPM       *float64  `json:"drift_ppm"`
}

func (s *Server) decoders(c *fiber.Ctx) error {
	list, err := s.decodersOf(c, raceID(c))
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"decoders": list})
}

func (s *Server) decodersOf(c *fiber.Ctx, id race.ID) ([]decoderDTO, error) {
	ctx := c.UserContext()
	roster, err := s.deps.Ingest.Roster(ctx, id)
	if err != nil {
		return nil, err
	}
	if roster.Race.Kind == race.Simulation { // no decoder reports its passings
		return []decoderDTO{}, nil
	}
	records, refused, err := s.deps.History.Rulings(ctx, id)
	if err != nil {
		return nil, err
	}
	clocks := map[string]*race.DecoderClock{}
	err = s.deps.History.DecoderReports(ctx, id, func(decoder string, at race.Micros, recordedAt int64) {
		k := clocks[decoder]
		if k == nil {
			k = &race.DecoderClock{StartedAt: roster.StartedAt}
			clocks[decoder] = k
		}
		k.Report(at, recordedAt)
	})
	if err != nil {
		return nil, err
	}
	undone := undoneBy(records, refused)
	for _, r := range records {
		set, ok := r.Body.(race.DecoderSet)
		if _, no := refused[r.Seq]; ok && !no && !undone[r.Seq] && clocks[set.Decoder] != nil {
			clocks[set.Decoder].Offset = set.Offset // the last one that was set for any session
		}
	}
	out := []decoderDTO{}
	for name, k := range clocks {
		d := decoderDTO{
			Decoder: name, Passings: k.Passings, OffsetUS: int64(k.Offset), LastTimeUS: int64(k.LastTime),
			LastRecordedAt: time.Unix(0, k.LastAt).UTC(),
		}
		if lag, ok := k.Lag(); ok {
			ms := lag.Millis()
			d.LagMS = &ms
		}
		if drift, ok := k.Drift(); ok {
			ppm := math.Round(drift*10) / 10
			d.DriftPPM = &ppm
		}
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b decoderDTO) int { return cmp.Compare(a.Decoder, b.Decoder) })
	return out, nil
}
