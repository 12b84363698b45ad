package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lightsout/race"
)

// mimeLog is the media type of a log file.
const mimeLog = "application/vnd.lightsout.log"

// Transfers exports and imports whole races. Errors are those of Races.
type Transfers interface {
	// Export returns the file of a race: its tables, one of them, or its log. Nothing is written yet.
	Export(ctx context.Context, id race.ID, format, table string) (*Download, error)
	// ImportLog makes a race of a log as it reads it, under another id if one is given. It also returns notes on what is suspect.
	// On an error it keeps nothing.
	ImportLog(ctx context.Context, log io.Reader, id race.ID) (race.Summary, []string, error)
}

// Download is a file that is written on demand.
type Download struct {
	Name, MediaType string
	Write           func(ctx context.Context, w io.Writer) error
}

// export streams a race as a file.
func (s *Server) export(c *fiber.Ctx) error {
	params, err := query(c, "format", "table")
	if err != nil {
		return err
	}
	id := raceID(c)
	file, err := s.deps.Transfers.Export(c.UserContext(), id, params["format"], params["table"])
	if err != nil {
		return err
	}
	return s.download(c, file, slog.String("race", string(id)))
}

// download streams a file; what names it in the log. A failure breaks the connection, so that the client does not take a part for the whole.
func (s *Server) download(c *fiber.Ctx, file *Download, what ...slog.Attr) error {
	c.Set(fiber.HeaderContentType, file.MediaType)
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf("attachment; filename=%q", file.Name))
	if c.Method() == fiber.MethodHead {
		return nil
	}
	leave, err := s.transfer(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.UserContext()))
	out, in := io.Pipe()
	go func() {
		defer leave()
		err := file.write(ctx, in)
		if err != nil && !errors.Is(err, io.ErrClosedPipe) && ctx.Err() == nil {
			s.deps.Log.LogAttrs(ctx, slog.LevelError, "an export failed", append(what, slog.Any("err", err))...)
		}
		in.CloseWithError(err) // nil ends the file
	}()
	c.Context().SetBodyStream(newStreamed(out, cancel, c.Context().Conn()), -1)
	return nil
}

// write runs beside the request, which Fiber has finished.
func (d *Download) write(ctx context.Context, w io.Writer) (err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("panic: %v", broken)
		}
	}()
	return d.Write(ctx, w)
}

// maxTransfers bounds exports and imports at once: each takes some ten megabytes of memory.
const maxTransfers = 8

// transfer reserves a seat for an export or import. One address gets at most half of them.
func (s *Server) transfer(c *fiber.Ctx) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(c.UserContext(), maxWait)
	defer cancel()
	from := strings.Clone(c.IP())
	if !s.transfers.Wait(ctx, from) {
		return nil, fmt.Errorf("%d races are being exported and imported, or %d for %s: %w", maxTransfers, maxTransfers/2, from, race.ErrBusy)
	}
	return func() { s.transfers.Leave(from) }, nil
}

// importLog makes a race of a log of any length.
func (s *Server) importLog(c *fiber.Ctx, log io.Reader) error {
	params, err := query(c, "id")
	if err != nil {
		return err
	}
	leave, err := s.transfer(c)
	if err != nil {
		return err
	}
	defer leave()
	created, notes, err := s.deps.Transfers.ImportLog(c.UserContext(), log, race.ID(params["id"]))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, s.public.path("api/v1/races/"+string(created.Race.ID)))
	return c.Status(fiber.StatusCreated).JSON(importedDTO{newRaceDTO(created), orEmpty(notes)})
}
