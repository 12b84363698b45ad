package gateway

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
)

// failing is a listener that runs out of descriptors a few times.
type failing struct {
	net.Listener
	left int
}

func (f *failing) Accept() (net.Conn, error) {
	if f.left > 0 {
		f.left--
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return f.Listener.Accept()
}

func TestLimitListener_RetriesFailuresOfAccept(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := newLimitListener(&failing{Listener: l, left: 4}, 10, 10, nil, newMetrics(nil))
	asking, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer asking.Close()
	conn, err := d.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	_ = d.Close()
	if _, err := d.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after its end: %v", err)
	}
}
