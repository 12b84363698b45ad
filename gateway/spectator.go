package gateway

import (
	"errors"
	"sync"
	"time"

	"lightsout/race"
)

// Paces of what is sent to a spectator.
const (
	paceFew  = 100 * time.Millisecond // up to fewCars
	paceMany = 200 * time.Millisecond
	fewCars  = 200
)

// socket is a spectator's connection: what spectator needs of a websocket.
type socket interface {
	// Send writes one binary message before the deadline.
	Send(data []byte, deadline time.Time) error
	// CloseWith tells why and hangs up.
	CloseWith(code int, reason string)
}

// spectator is one who watches a race.
type spectator struct {
	st      *channel
	conn    socket
	cursor  race.Seq // what came up to here was sent
	joined  race.Seq // what came up to here was there before it
	resumed bool     // a cursor was given, or a snapshot sent
	frameNo uint64
	part    int // of a large field's frame, that is sent next
	opsNo   uint64
	looks   looking
	// looksAnew says that what it looks at has changed since it was told.
	looksAnew bool
	snapped   bool      // a snapshot was taken
	oldest    time.Time // when the oldest of what is taken and not sent arrived

	more   chan struct{} // there is something to take
	framed chan struct{} // there is a new picture
	end    chan struct{} // closed when it is over
	once   sync.Once
	code   int
	why    string
}

func newSpectator(st *channel, conn socket) *spectator {
	return &spectator{st: st, conn: conn, looks: looking{Look: race.FirstLook()}, looksAnew: true, more: make(chan struct{}, 1), framed: make(chan struct{}, 1), end: make(chan struct{})}
}

func (v *spectator) signal() {
	select {
	case v.more <- struct{}{}:
	default:
	}
}

// cut ends the watching; the first reason counts. A code of 0 means that the other side has gone.
func (v *spectator) cut(code int, reason string) {
	v.once.Do(func() {
		v.code, v.why = code, reason
		close(v.end)
	})
}

// watch sends until the spectator is cut or its connection fails. It is the only writer of the connection.
func (v *spectator) watch(pulseEvery, writeTimeout time.Duration) {
	defer func() {
		v.st.leave(v)
		if v.code != 0 {
			v.conn.CloseWith(v.code, v.why)
		}
	}()
	pace := paceFew
	if len(v.st.entries) > fewCars {
		pace = paceMany
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	var out [][]byte
	for {
		select {
		case <-v.framed: // it is taken now
		default:
		}
		var err error
		if out, err = v.st.take(v, out[:0]); err != nil {
			v.cut(closeGoingAway, "the server cannot encode the race")
			return
		}
		silence := pulseEvery
		if len(out) > 0 {
			if !v.send(out, writeTimeout) {
				return
			}
			if !v.oldest.IsZero() {
				v.st.hub.m.reached(time.Since(v.oldest))
				v.oldest = time.Time{}
			}
			silence = v.paceAfter(out, pace)
		}
		if !v.rest(timer, silence, len(out) > 0, writeTimeout) {
			return
		}
	}
}

// sightBytes is what a spectator of a large field is sent in a second, on average, beside snapshots.
const sightBytes = 27_000

// paceAfter is how long a spectator waits after what was sent: in a large field the longer, the more that was.
func (v *spectator) paceAfter(sent [][]byte, pace time.Duration) time.Duration {
	anew := v.snapped
	v.snapped = false
	if !v.st.narrow() || anew {
		return pace
	}
	bytes := 0
	for _, data := range sent {
		bytes += len(data)
	}
	return max(pace, time.Duration(bytes)*time.Second/sightBytes)
}

// rest waits: for the pace after something was sent, else for news or the time of a pulse.
func (v *spectator) rest(timer *time.Timer, d time.Duration, paced bool, writeTimeout time.Duration) bool {
	if paced {
		return v.restPaced(timer, d)
	}
	timer.Reset(d)
	select {
	case <-v.end:
		return false
	case <-v.more:
		return true
	case <-timer.C:
	}
	pulse, err := v.st.hub.enc.Pulse(time.Now().UnixMilli())
	return err == nil && v.send([][]byte{pulse}, writeTimeout)
}

// restPaced waits for the pace, and then for the next picture, which comes at the pace of the race: it is sent as young as it is. What
// came meanwhile is taken with it.
func (v *spectator) restPaced(timer *time.Timer, pace time.Duration) bool {
	least := pace * 9 / 10
	timer.Reset(least)
	select {
	case <-v.end:
		return false
	case <-timer.C:
	}
	select {
	case <-v.framed: // it came meanwhile: a younger one is near
	default:
	}
	timer.Reset(pace/2 + pace - least)
	select {
	case <-v.end:
		return false
	case <-v.framed:
	case <-timer.C:
	}
	return true
}

func (v *spectator) send(out [][]byte, timeout time.Duration) bool {
	m := v.st.hub.m
	for _, data := range out {
		select {
		case <-v.end:
			return false
		default:
		}
		if err := v.conn.Send(data, time.Now().Add(timeout)); err != nil {
			var slow interface{ Timeout() bool }
			if errors.As(err, &slow) && slow.Timeout() {
				m.cut.Add(1)
				v.cut(closeTooSlow, "messages were not read in time")
			}
			v.cut(0, "")
			return false
		}
		m.sent.Add(1)
		m.sentBytes.Add(int64(len(data)))
	}
	return true
}
