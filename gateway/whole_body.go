package gateway

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lightsout/gateway/body"
)

// logKey is the local that keeps the stream of a log.
type logKey struct{}

// isLog reports whether a request sends a log.
func isLog(c *fiber.Ctx) bool {
	return c.Method() == fiber.MethodPost && plainPath(c) == "/api/v1/races/import" && body.ContentType(c) == mimeLog
}

// plainPath is a request's path as routes match it: in lower case, without a slash at the end.
func plainPath(c *fiber.Ctx) string { return strings.ToLower(strings.TrimRight(c.Path(), "/")) }

// Limits of reading a body that is discarded. A client that is cut off while it sends does not see the answer.
const (
	maxDiscardBytes = 1 << 30
	maxDiscardTime  = 10 * time.Second
)

// discard reads the rest of a body.
func discard(body io.Reader) {
	until := time.Now().Add(maxDiscardTime)
	buffer := make([]byte, 64<<10)
	for n := 0; n < maxDiscardBytes && time.Now().Before(until); {
		more, err := body.Read(buffer)
		if err != nil {
			return
		}
		n += more
	}
}

// slowBody is a body without a time limit for the whole, but with one for each read.
type slowBody struct {
	io.Reader
	c     *fiber.Ctx
	wait  time.Duration
	ended error // fasthttp would read the next request as more of this body
}

func (b *slowBody) Read(p []byte) (int, error) {
	if b.ended != nil {
		return 0, b.ended
	}
	if b.wait > 0 {
		if err := b.c.Context().Conn().SetReadDeadline(time.Now().Add(b.wait)); err != nil {
			return 0, fmt.Errorf("read the body: %w", err)
		}
	}
	n, err := b.Reader.Read(p)
	b.ended = err
	return n, err
}

// wholeBody reads a request's body within the limit before any handler sees it. Only a log is left to be streamed.
func (s *Server) wholeBody(c *fiber.Ctx) error {
	stream := c.Context().RequestBodyStream()
	if stream == nil {
		return c.Next()
	}
	if isLog(c) {
		log := &slowBody{Reader: stream, c: c, wait: s.cfg.ReadTimeout}
		c.Locals(logKey{}, log)
		err := c.Next()
		if err != nil {
			discard(log)
		}
		return err
	}
	tooLarge := func() error {
		return refuse(fiber.StatusRequestEntityTooLarge, fmt.Sprintf("the body is longer than %d bytes: send less at once", s.cfg.MaxBody))
	}
	length := c.Request().Header.ContentLength()
	if length > s.cfg.MaxBody {
		return tooLarge()
	}
	body := bytes.NewBuffer(make([]byte, 0, max(length, 0)+bytes.MinRead))
	if _, err := body.ReadFrom(io.LimitReader(stream, int64(s.cfg.MaxBody)+1)); err != nil {
		return refuse(fiber.StatusBadRequest, "the body cannot be read: "+err.Error())
	}
	if body.Len() > s.cfg.MaxBody {
		return tooLarge()
	}
	c.Request().SetBodyRaw(body.Bytes())
	return c.Next()
}
