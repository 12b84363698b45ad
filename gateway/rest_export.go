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

// Transfers are races on their way out of the house and in. Errors are those of Races.
type Transfers interface {
	// Export says what a race is written as: tables, or one of them, or its log. Nothing is written yet.
	Export(ctx context.Context, id race.ID, format, table string) (*Download, error)
	// ImportLog makes the same race of a log, under another id where one is given, and gives what was found suspect. It
	// reads the log as it goes; on an error nothing of it is kept.
	ImportLog(ctx context.Context, log io.Reader, id race.ID) (race.Summary, []string, error)
}

// Download is a file that is written when it is asked for.
type Download struct {
	Name, MediaType string
	Write           func(ctx context.Context, w io.Writer) error
}

// export sends a race as a file, as it is written. What breaks then breaks the connection, so that nobody takes a part for
// the whole.
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
			s.deps.Log.Error("an export broke off", slog.String("race", string(id)), slog.Any("err", err))
		}
		in.CloseWithError(err) // nil is the end of the file
	}()
	c.Context().SetBodyStream(newStreamed(out, cancel, c.Context().Conn()), -1)
	return nil
}

// write runs beside the request, which is over for Fiber.
func (d *Download) write(ctx context.Context, w io.Writer) (err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("panic: %v", broken)
		}
	}()
	return d.Write(ctx, w)
}

// maxTransfers is how many races may be on their way out or in: each takes some ten megabytes.
const maxTransfers = 8

// transfer takes room for a race on its way, or says that there is none. One address has at most half of it.
func (s *Server) transfer(c *fiber.Ctx) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(c.UserContext(), maxWait)
	defer cancel()
	from := strings.Clone(c.IP())
	if !s.transfers.Wait(ctx, from) {
		return nil, fmt.Errorf("%d races are being exported and imported, or %d for %s: %w", maxTransfers, maxTransfers/2, from, race.ErrBusy)
	}
	return func() { s.transfers.Leave(from) }, nil
}

// importLog makes a race of a log, which is read as it comes: it may be of any length.
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
	made, notes, err := s.deps.Transfers.ImportLog(c.UserContext(), log, race.ID(params["id"]))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, s.public.path("api/v1/races/"+string(made.Race.ID)))
	return c.Status(fiber.StatusCreated).JSON(importedDTO{newRaceDTO(made), orEmpty(notes)})
}
