package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
	"lightsout/race/document"
)

// mediaTypes are those of documents, by format.
var mediaTypes = map[string]string{
	"csv": "text/csv; charset=utf-8", "json": fiber.MIMEApplicationJSON, "html": fiber.MIMETextHTMLCharsetUTF8,
}

// document answers with a result document: NAME.FORMAT, of the version that is asked for or of the newest.
func (s *Server) document(c *fiber.Ctx) error {
	params, err := query(c, "version")
	if err != nil {
		return err
	}
	version, err := number(params, "version", 0, 1_000_000, 0)
	if err != nil {
		return err
	}
	file := strings.Clone(c.Params("file"))
	format := strings.TrimPrefix(path.Ext(file), ".")
	in, err := s.documentInput(c, raceID(c), int(version))
	if err != nil {
		return err
	}
	d, err := document.Make(strings.TrimSuffix(file, "."+format), in)
	var out bytes.Buffer
	if err == nil {
		err = d.Write(&out, format)
	}
	switch {
	case errors.Is(err, document.ErrUnknown):
		return fmt.Errorf("%w: %w", race.ErrNotFound, err)
	case err != nil:
		return fmt.Errorf("make a document: %w", err)
	}
	c.Set(fiber.HeaderContentType, mediaTypes[format])
	if format == "html" { // a page of its own, with its own style only
		c.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	} else {
		c.Set(fiber.HeaderContentDisposition, fmt.Sprintf("attachment; filename=%q", string(raceID(c))+"-"+file))
	}
	return c.Send(out.Bytes())
}

// documentInput collects what documents show. Before there is a result, they show the order so far.
func (s *Server) documentInput(c *fiber.Ctx, id race.ID, version int) (*document.Input, error) {
	ctx := c.UserContext()
	summary, err := s.deps.History.Summary(ctx, id)
	if err != nil {
		return nil, err
	}
	roster, err := s.deps.Ingest.Roster(ctx, id)
	if err != nil {
		return nil, err
	}
	in := &document.Input{
		Race: summary.Race, Distance: summary.Laps, Entries: roster.Entries,
		Started: instant(race.SignalDate(summary.Race.Kind, summary.CreatedAt, roster.StartedAt, roster.StartMoved)),
	}
	if in.Result, err = s.documentVersion(c, id, version); err != nil {
		return nil, err
	}
	in.Published = instant(in.Result.RecordedAt)
	if in.Laps, err = s.deps.History.Laps(ctx, id, race.NoCar); err != nil {
		return nil, err
	}
	if in.Events, err = s.deps.History.Events(ctx, id); err != nil {
		return nil, err
	}
	if in.Stops, err = s.deps.History.Stops(ctx, id); err != nil {
		return nil, err
	}
	records, refused, err := s.deps.History.Rulings(ctx, id)
	for _, r := range records {
		if _, no := refused[r.Seq]; !no {
			r.Time -= roster.StartMoved
			in.Rulings = append(in.Rulings, r)
		}
	}
	return in, err
}

// instant formats UTC nanoseconds in RFC 3339; 0 is empty.
func instant(ns int64) string {
	if ns == 0 {
		return ""
	}
	return time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
}

// documentVersion returns a version of the result with its lines; 0 is the newest, or the order so far.
func (s *Server) documentVersion(c *fiber.Ctx, id race.ID, version int) (race.Version, error) {
	ctx := c.UserContext()
	all, err := s.deps.History.Versions(ctx, id)
	if err != nil {
		return race.Version{}, err
	}
	var out race.Version
	for _, v := range all {
		if version == 0 || v.Version == version {
			out = v
		}
	}
	switch {
	case out.Version > 0:
		out.Classification, err = s.deps.History.Version(ctx, id, out.Version)
	case version > 0:
		err = fmt.Errorf("version %d of the result of race %s: %w", version, id, race.ErrNotFound)
	default:
		out.Classification, err = s.deps.Standings.Classification(ctx, id)
	}
	return out, err
}
