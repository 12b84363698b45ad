package live

import (
	"context"
	"fmt"
	"time"

	"lightsout/race"
)

// Paces of a spectator in this process.
const (
	followPulse = time.Second
	followWait  = time.Minute // it reads at once, so that no deadline ever passes
)

// Follow sends a race to a spectator in this process, as a socket would: messages of the wire, each borrowed until take returns. after is
// what the spectator has seen, as with ?from=; nil asks for a snapshot. It returns when ctx ends or the spectator is cut, and race.ErrNotFound
// if the hub does not hold the race.
func (h *Hub) Follow(ctx context.Context, id race.ID, after *race.Seq, take func(message []byte)) error {
	ch := h.channel(id)
	if ch == nil {
		return fmt.Errorf("race %s: %w", id, race.ErrNotFound)
	}
	s := newSpectator(ch, inProcess(take))
	if after != nil {
		s.cursor, s.resumed = *after, true
	}
	if err := ch.join(s); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { s.cut(0, "") })()
	s.watch(followPulse, followWait)
	return nil
}

// inProcess is the socket of a spectator in this process.
type inProcess func(message []byte)

// Send passes a message on.
func (f inProcess) Send(data []byte, _ time.Time) error {
	f(data)
	return nil
}

// CloseWith does nothing: Follow returns.
func (inProcess) CloseWith(int, string) {}
