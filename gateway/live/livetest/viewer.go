package livetest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"lightsout/race"
	"lightsout/transport"
)

// patience bounds the wait for what a busy machine does late.
const patience = 5 * time.Minute

// Viewer is a spectator of a race.
type Viewer struct {
	t    testing.TB
	Conn *websocket.Conn
}

// MustWatch connects to the live push at an http or ws URL.
func MustWatch(t testing.TB, url string) *Viewer {
	t.Helper()
	conn, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(strings.TrimPrefix(url, "http"), "ws"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("status %d", res.StatusCode)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &Viewer{t, conn}
}

// Next returns the next message with facts or a snapshot. It skips pulses, frames and ops, which come at any time.
func (v *Viewer) Next() (any, error) {
	for {
		if err := v.Conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			v.t.Error(err)
		}
		_, data, err := v.Conn.ReadMessage()
		if err != nil {
			return nil, err
		}
		m, err := transport.Decode(data)
		if err != nil {
			v.t.Errorf("decode: %v", err)
		}
		switch m.(type) {
		case transport.Pulse, *race.Frame, *race.Ops:
		default:
			return m, nil
		}
	}
}

// MustSnapshot returns the next message, which must be a snapshot.
func (v *Viewer) MustSnapshot() *transport.Snapshot {
	v.t.Helper()
	m, err := v.Next()
	snapshot, ok := m.(*transport.Snapshot)
	if err != nil || !ok {
		v.t.Fatalf("got %T, %v, expected a snapshot", m, err)
	}
	return snapshot
}
