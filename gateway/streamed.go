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
	slowReadGrace         = 30 * time.Second
	minReadBytesPerSecond = 8 << 10 // in a second, on average
)

var errSlowReader = errors.New("it is read too slowly")

func newStreamed(out *io.PipeReader, cancel context.CancelFunc, conn net.Conn) *streamed {
	return &streamed{out, cancel, conn, time.Now(), 0}
}

// Read is called right before what was read is sent.
func (s *streamed) Read(p []byte) (int, error) {
	n, err := s.PipeReader.Read(p)
	if err != nil {
		return n, err
	}
	if took := time.Since(s.began); took > slowReadGrace && float64(s.sent) < took.Seconds()*minReadBytesPerSecond {
		return 0, errSlowReader
	}
	s.sent += n
	return n, s.conn.SetWriteDeadline(time.Now().Add(maxReadPause))
}

// Close ends the making, whether all was sent or not.
func (s *streamed) Close() error {
	s.cancel()
	return errors.Join(s.PipeReader.Close(), s.conn.SetWriteDeadline(time.Time{}))
}

// maxReadPause is how long one who is sent telemetry may keep it waiting.
const maxReadPause = 30 * time.Second
