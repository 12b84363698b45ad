package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"time"
)

// streamed is a body that is written while it is sent. It breaks off if the client reads too slowly.
type streamed struct {
	*io.PipeReader
	cancel context.CancelFunc
	conn   net.Conn
	began  time.Time
	sent   int
}

// Limits of a slow reader: it holds a slot that others wait for.
const (
	slowReadGrace         = 30 * time.Second
	minReadBytesPerSecond = 8 << 10 // on average
)

var errSlowReader = errors.New("it is read too slowly")

func newStreamed(out *io.PipeReader, cancel context.CancelFunc, conn net.Conn) *streamed {
	return &streamed{out, cancel, conn, time.Now(), 0}
}

// Read returns data that fasthttp sends before it calls Read again.
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

// Close cancels the writer.
func (s *streamed) Close() error {
	s.cancel()
	return errors.Join(s.PipeReader.Close(), s.conn.SetWriteDeadline(time.Time{}))
}

// maxReadPause is how long a client may leave a piece of the body unread.
const maxReadPause = 30 * time.Second
