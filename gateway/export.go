package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

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
		return err //nolint:wrapcheck // its kind decides
	}
	c.Set(fiber.HeaderContentType, file.MediaType)
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf("attachment; filename=%q", file.Name))
	if c.Method() == fiber.MethodHead {
		return nil
	}
	leave, err := s.transfer(c.UserContext())
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
	c.Context().SetBodyStream(&streamed{out, cancel, c.Context().Conn()}, -1)
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

// transfersAtOnce is how many races may be on their way out or in: each takes some ten megabytes.
const transfersAtOnce = 8

// transfer takes room for a race on its way, or says that there is none.
func (s *Server) transfer(ctx context.Context) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, roomWait)
	defer cancel()
	select {
	case s.moving <- struct{}{}:
		return func() { <-s.moving }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%d races are being exported and imported: %w", transfersAtOnce, race.ErrBusy)
	}
}

// importLog makes a race of a log, which is read as it comes: it may be of any length.
func (s *Server) importLog(c *fiber.Ctx) error {
	params, err := query(c, "id")
	if err != nil {
		c.Context().SetConnectionClose() // nobody reads the body
		return err
	}
	leave, err := s.transfer(c.UserContext())
	if err != nil {
		c.Context().SetConnectionClose() // nobody reads the body
		return err
	}
	defer leave()
	body := &slowBody{s.bodyStream(c), c, s.cfg.ReadTimeout}
	made, notes, err := s.deps.Transfers.ImportLog(c.UserContext(), body, race.ID(params["id"]))
	if err != nil {
		s.passOver(c, body)
		return err //nolint:wrapcheck // its kind decides
	}
	c.Set(fiber.HeaderLocation, "/api/v1/races/"+string(made.Race.ID))
	return c.Status(fiber.StatusCreated).JSON(importedDTO{newRaceDTO(made), some(notes)})
}

// isLog says that a log is sent.
func isLog(c *fiber.Ctx) bool {
	return c.Method() == fiber.MethodPost && c.Path() == "/api/v1/races/import" && contentType(c) == mimeLog
}

func (s *Server) bodyStream(c *fiber.Ctx) io.Reader {
	if r := c.Context().RequestBodyStream(); r != nil {
		return r
	}
	return bytes.NewReader(nil)
}

// What is read of a body that is not wanted any more: a sender that is cut off in the middle does not see the answer.
const (
	passedOver = 1 << 30
	passTime   = 10 * time.Second
)

// passOver reads the rest of a body, within bounds, or ends the connection after the answer.
func (s *Server) passOver(c *fiber.Ctx, body io.Reader) {
	until := time.Now().Add(passTime)
	buffer := make([]byte, 64<<10)
	for n := 0; n < passedOver && time.Now().Before(until); {
		more, err := body.Read(buffer)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			break
		}
		n += more
	}
	c.Context().SetConnectionClose()
}

// slowBody is a body that may take its time, but not stand still.
type slowBody struct {
	io.Reader
	c    *fiber.Ctx
	wait time.Duration
}

func (b *slowBody) Read(p []byte) (int, error) {
	if b.wait > 0 {
		if err := b.c.Context().Conn().SetReadDeadline(time.Now().Add(b.wait)); err != nil {
			return 0, fmt.Errorf("read the body: %w", err)
		}
	}
	return b.Reader.Read(p) //nolint:wrapcheck // io.EOF must stay what it is
}

// wholeBody reads the body of a request within the limit, before anybody looks at it. A log alone is left to be read as it
// comes.
func (s *Server) wholeBody(c *fiber.Ctx) error {
	stream := c.Context().RequestBodyStream()
	if stream == nil || isLog(c) {
		return c.Next()
	}
	tooLarge := func() error {
		c.Context().SetConnectionClose() // the rest of it is not read
		return refuse(fiber.StatusRequestEntityTooLarge, fmt.Sprintf("the body is longer than %d bytes: send less at once", s.cfg.BodyMax))
	}
	length := c.Request().Header.ContentLength()
	if length > s.cfg.BodyMax {
		return tooLarge()
	}
	body := bytes.NewBuffer(make([]byte, 0, max(length, 0)+bytes.MinRead))
	if _, err := body.ReadFrom(io.LimitReader(stream, int64(s.cfg.BodyMax)+1)); err != nil {
		c.Context().SetConnectionClose()
		return refuse(fiber.StatusBadRequest, "the body cannot be read: "+err.Error())
	}
	if body.Len() > s.cfg.BodyMax {
		return tooLarge()
	}
	c.Request().SetBodyRaw(body.Bytes())
	return c.Next()
}
