package live

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

// socket is the connection of a spectator.
type socket interface {
	// Send writes one binary message before the deadline.
	Send(data []byte, deadline time.Time) error
	// CloseWith sends a close code with its reason.
	CloseWith(code int, reason string)
}

// spectator watches one race over one socket.
type spectator struct {
	ch           *channel
	conn         socket
	cursor       race.Seq  // facts up to here were sent
	joinedAt     race.Seq  // facts up to here were published before it joined
	resumed      bool      // it has a cursor, given with ?from= or by a snapshot
	patient      time.Time // until then it waits for a channel that is behind its cursor
	frameNo      uint64
	part         int // of the next frame of a large field
	opsNo        uint64
	sight        sight
	tookSnapshot bool
	oldest       time.Time // arrival of the oldest record whose facts were taken and not yet sent

	more   chan struct{} // there is something to take
	framed chan struct{} // there is a new frame
	end    chan struct{} // closed by cut
	once   sync.Once
	code   int
	reason string
}

func newSpectator(ch *channel, conn socket) *spectator {
	return &spectator{
		ch: ch, conn: conn, sight: sight{Look: race.FirstLook(), changed: true},
		more: make(chan struct{}, 1), framed: make(chan struct{}, 1), end: make(chan struct{}),
	}
}

func (s *spectator) signal() {
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// noteArrival starts the measurement of reach. A message from before the spectator joined does not count: its age is the
// spectator's absence.
func (s *spectator) noteArrival(m *message) {
	if s.oldest.IsZero() && m.upTo > s.joinedAt {
		s.oldest = m.arrivedAt
	}
}

// cut ends watch. The first code and reason count; a code of 0 means that the client has hung up.
func (s *spectator) cut(code int, reason string) {
	s.once.Do(func() {
		s.code, s.reason = code, reason
		close(s.end)
	})
}

// watch sends until the spectator is cut or its connection fails. It is the only writer of the connection.
func (s *spectator) watch(pulseEvery, writeTimeout time.Duration) {
	defer func() {
		s.ch.leave(s)
		if s.code != 0 {
			s.conn.CloseWith(s.code, s.reason)
		}
	}()
	pace := paceFew
	if len(s.ch.entries) > fewCars {
		pace = paceMany
	}
	if s.ch.hub.pace > 0 {
		pace = s.ch.hub.pace
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	var out [][]byte
	for {
		select {
		case <-s.framed: // the frame is taken below
		default:
		}
		var err error
		if out, err = s.ch.take(s, out[:0]); err != nil {
			s.cutFor(err)
			return
		}
		silence := pulseEvery
		if len(out) > 0 {
			if !s.send(out, writeTimeout) {
				return
			}
			s.sent()
			silence = s.paceAfter(out, pace)
		}
		if !s.rest(timer, silence, len(out) > 0, writeTimeout) {
			return
		}
	}
}

// sent notes that the spectator was sent what it has taken.
func (s *spectator) sent() {
	if !s.oldest.IsZero() {
		s.ch.hub.m.observeReach(time.Since(s.oldest))
		s.oldest = time.Time{}
	}
	if tell := s.ch.hub.shown; tell != nil {
		tell(s.ch.info.ID, s.cursor)
	}
}

// narrowBytesPerSecond is how much a spectator of a large field is sent on average, without snapshots.
const narrowBytesPerSecond = 27_000

// paceAfter returns how long to wait after a message. In a large field the wait grows with the bytes that were sent.
func (s *spectator) paceAfter(sent [][]byte, pace time.Duration) time.Duration {
	snapshot := s.tookSnapshot
	s.tookSnapshot = false
	if !s.ch.narrow() || snapshot {
		return pace
	}
	bytes := 0
	for _, data := range sent {
		bytes += len(data)
	}
	return max(pace, time.Duration(bytes)*time.Second/narrowBytesPerSecond)
}

// rest waits for the pace after something was sent, else for news. If there are none for d, it sends a pulse. It returns false when
// the spectator is cut.
func (s *spectator) rest(timer *time.Timer, d time.Duration, paced bool, writeTimeout time.Duration) bool {
	if paced {
		return s.restPaced(timer, d)
	}
	timer.Reset(d)
	select {
	case <-s.end:
		return false
	case <-s.more:
		return true
	case <-timer.C:
	}
	pulse, err := s.ch.hub.enc.Pulse(time.Now().UnixMilli(), max(s.ch.hub.behind(), s.ch.hub.standing(s.ch.info.ID)).Milliseconds())
	return err == nil && s.send([][]byte{pulse}, writeTimeout)
}

// restPaced waits for the pace and then for the next frame, so that frames are sent as soon as they are published and not up to a
// pace later. Facts of the meantime go out with the frame.
func (s *spectator) restPaced(timer *time.Timer, pace time.Duration) bool {
	least := pace * 9 / 10
	timer.Reset(least)
	select {
	case <-s.end:
		return false
	case <-timer.C:
	}
	select {
	case <-s.framed: // an older frame; the next one is due
	default:
	}
	timer.Reset(pace/2 + pace - least)
	select {
	case <-s.end:
		return false
	case <-s.framed:
	case <-timer.C:
	}
	return true
}

func (s *spectator) send(out [][]byte, timeout time.Duration) bool {
	m := s.ch.hub.m
	for _, data := range out {
		select {
		case <-s.end:
			return false
		default:
		}
		if err := s.conn.Send(data, time.Now().Add(timeout)); err != nil {
			var slow interface{ Timeout() bool }
			if errors.As(err, &slow) && slow.Timeout() {
				m.cut.Add(1)
				s.cut(closeTooSlow, "messages were not read in time")
			}
			s.cut(0, "")
			return false
		}
		m.messages.Add(1)
		m.bytes.Add(int64(len(data)))
	}
	return true
}

// cutFor cuts a spectator to whom nothing can be shown.
func (s *spectator) cutFor(err error) {
	if errors.Is(err, errBehind) {
		s.cut(closeFull, err.Error())
		return
	}
	s.cut(closeGoingAway, "the server cannot encode the race")
}
