package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"time"
)

// streamed is a body that is made while it is sent, to one who may not keep it waiting for ever.
type streamed struct {
	*io.PipeReader
	cancel context.CancelFunc
	conn   net.Conn
	began  time.Time
	sent   int
}

// Limits of how slowly a body may be read: it holds what others wait for.
const (
	slowAfter = 30 * time.Second
	slowBytes = 8 << 10 // in a second, on average
)

var errReadSlowly = errors.New("it is read too slowly")

func newStreamed(out *io.PipeReader, cancel context.CancelFunc, conn net.Conn) *streamed {
	return &streamed{out, cancel, conn, time.Now(), 0}
}

// Read is called right before what was read is sent.
func (s *streamed) Read(p []byte) (int, error) {
	n, err := s.PipeReader.Read(p)
	if err != nil {
		return n, err
	}
	if took := time.Since(s.began); took > slowAfter && float64(s.sent) < took.Seconds()*slowBytes {
		return 0, errReadSlowly
	}
	s.sent += n
	return n, s.conn.SetWriteDeadline(time.Now().Add(readWait))
}

// Close ends the making, whether all was sent or not.
func (s *streamed) Close() error {
	s.cancel()
	return errors.Join(s.PipeReader.Close(), s.conn.SetWriteDeadline(time.Time{}))
}

// readWait is how long one who is sent telemetry may keep it waiting.
const readWait = 30 * time.Second
